import type { SealedEntry } from "../matching/entry.ts";
import type { Clock } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";
import { sealedFrom, versionKey } from "./journal-items.ts";

/** Entries are some kilobytes each, and an answer is one megabyte at most. */
const PAGE = 500;
const GAP_READS = 20;
const GAP_PAUSE_MS = 10;

/**
 * The journal after a version, in order, up to its present end, in runs of a page. A query is only read-committed: it may show an entry and
 * not the one before it, so only contiguous entries are given, and a gap is read again. Reads are strongly consistent unless the caller can
 * do with half their price: then the end may be that of a moment ago, and a gap counts as the end.
 */
export async function* readJournal(
  from: { readonly market: string; readonly after: number; readonly consistent?: boolean },
  { store, clock }: { readonly store: Store; readonly clock: Pick<Clock, "sleep"> },
): AsyncGenerator<readonly SealedEntry[]> {
  const { consistent = true } = from;
  let version = from.after;
  for (let gaps = 0; ; ) {
    const page = await store.query({
      table: "journal",
      pk: from.market,
      from: versionKey(version + 1),
      limit: PAGE,
      consistent,
    });
    const entries = page.items.map(sealedFrom);
    const first = version + 1;
    const broken = entries.findIndex((entry, index) => entry.version !== first + index);
    const run = broken === -1 ? entries : entries.slice(0, broken);
    version += run.length;
    if (run.length > 0) {
      gaps = 0;
      yield run;
    }
    if (broken === -1 && page.next === undefined) return;
    if (broken === -1) continue;
    if (!consistent) return;
    if (++gaps > GAP_READS) throw new Error(`journal of ${from.market} has no entry ${version + 1}`);
    await clock.sleep(GAP_PAUSE_MS);
  }
}
