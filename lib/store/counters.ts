import type { Store, Write } from "./store.ts";

/**
 * Counts of what the tables hold, kept by the very transactions that change it, so that they are exact and nobody has to look at everything.
 * Each is spread over some items, of which a transaction writes one: a single item would be what all of them wait for.
 */

/** A table counts what stands in it: whoever may write the one may write the other. */
type CountedTable = "users" | "wallets";

export type Counts = { readonly [counter: string]: bigint };

/** An item takes some tens of transactions a second before they meet; the sum of all is read at once. */
const SHARDS = 8;

const TOTAL = "TOTAL";

/**
 * Adds to counters in the transaction of what is counted. `id` is that of the thing: its last character, which is chance, spreads the
 * writes. With a time it counts for that UTC day, without one for good.
 */
export function countWrite(
  table: CountedTable,
  { id, add, timeMs }: { readonly id: string; readonly add: Counts; readonly timeMs?: number },
): Write {
  const shard = (id.codePointAt(id.length - 1) ?? 0) % SHARDS;
  return { kind: "update", table, key: counterKey(shard, timeMs), add };
}

/** The sums of a table's counters: those of one UTC day, or without a time those that count for good. */
export async function readCounts(
  table: CountedTable,
  timeMs: number | undefined,
  { store }: { readonly store: Store },
): Promise<Counts> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => ({ table, key: counterKey(shard, timeMs) }));
  const sums: Record<string, bigint> = {};
  for (const item of await store.getMany(shards)) {
    for (const [name, value] of Object.entries(item ?? {})) {
      if (typeof value === "bigint") sums[name] = (sums[name] ?? 0n) + value;
    }
  }
  return sums;
}

function counterKey(shard: number, timeMs: number | undefined) {
  const sk = timeMs === undefined ? TOTAL : `DAY#${new Date(timeMs).toISOString().slice(0, 10)}`;
  return { pk: `COUNTERS#${shard}`, sk };
}
