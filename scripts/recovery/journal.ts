import { entryWrite, snapshotChunkKey } from "../../lib/journal/journal-items.ts";
import type { SealedEntry } from "../../lib/matching/entry.ts";
import type { Store } from "../../lib/store/store.ts";

const AT_ONCE = 25;

/** Writes entries as commits do, each on condition that its version is free, but many in one transaction. */
export async function writeJournal(entries: Iterable<SealedEntry>, store: Store): Promise<void> {
  let batch: SealedEntry[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const outcome = await store.transact(batch.map(entryWrite));
    if (!outcome.ok) throw new Error(`the journal refused version ${batch[0]?.version} and those after it`);
    batch = [];
  };
  for (const sealed of entries) {
    batch.push(sealed);
    if (batch.length === AT_ONCE) await flush();
  }
  await flush();
}

/** Turns one bit in the middle of a stored snapshot. */
export async function damageSnapshot(
  { market, version, chunks }: { readonly market: string; readonly version: number; readonly chunks: number },
  store: Store,
): Promise<void> {
  const key = snapshotChunkKey(market, version, Math.floor(chunks / 2));
  const chunk = await store.get({ table: "journal", key });
  if (!(chunk?.data instanceof Uint8Array))
    throw new Error(`snapshot ${version} of ${market} has no such chunk`);
  const data = Uint8Array.from(chunk.data);
  const middle = Math.floor(data.length / 2);
  data[middle] = (data[middle] ?? 0) ^ 1;
  await store.putMany([{ table: "journal", item: { ...key, data } }]);
}
