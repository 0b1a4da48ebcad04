import { hash } from "node:crypto";
import { entryWrite, snapshotChunkKey } from "../../lib/journal/journal-items.ts";
import type { SealedEntry } from "../../lib/matching/entry.ts";
import type { MarketState } from "../../lib/matching/market-state.ts";
import { stateText } from "../../lib/matching/snapshot.ts";
import type { Store } from "../../lib/store/store.ts";

const AT_ONCE = 25;

/** Writes entries as commits do, each on condition that its version is free, but many in one transaction. */
export async function writeJournal(entries: Iterable<SealedEntry>, store: Store): Promise<void> {
  const all = [...entries];
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const { ok } = await store.transact(all.slice(start, start + AT_ONCE).map(entryWrite));
    if (!ok) throw new Error(`the journal refused version ${all[start]?.version} and those after it`);
  }
}

export function digestOf(state: MarketState): string {
  return hash("sha256", stateText(state));
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
