import type { Item, Store, Write } from "../../lib/store/store.ts";
import { TABLES } from "../../lib/store/tables.ts";
import { itemBytes } from "../bench/item-size.ts";

const UNIT_BYTES = 1024;

/** What writes through a store are charged, also where they are cancelled: by the sizes of the items, as DynamoDB documents it. */
export class Meter {
  writeUnits = 0;
  readUnits = 0;
  /** By table and partition key, of those that are asked for. */
  readonly partitions = new Map<string, number>();
  readonly #truth: Pick<Store, "get">;

  constructor(truth: Pick<Store, "get">) {
    this.#truth = truth;
  }

  around(store: Store): Store {
    return {
      ...store,
      // Each is read consistently and is below 4 KB.
      getMany: async (places) => {
        this.readUnits += places.length;
        return await store.getMany(places);
      },
      write: async (write) => await this.#charged([write], 1, () => store.write(write)),
      transact: async (writes) => await this.#charged(writes, 2, () => store.transact(writes)),
    };
  }

  async #charged<T>(writes: readonly Write[], perKilobyte: number, run: () => Promise<T>): Promise<T> {
    const before = await this.#items(writes);
    const result = await run();
    const after = await this.#items(writes);
    for (const [index, write] of writes.entries()) {
      const [old, now] = [before[index], after[index]];
      const bytes = Math.max(1, ...[old, now].map((item) => (item === undefined ? 0 : itemBytes(item))));
      const units = perKilobyte * Math.ceil(bytes / UNIT_BYTES);
      const { pk } = keyOf(write);
      this.writeUnits += units + indexUnits(write, old, now);
      const partition = `${write.table} ${pk}`;
      this.partitions.set(partition, (this.partitions.get(partition) ?? 0) + units);
    }
    return result;
  }

  async #items(writes: readonly Write[]): Promise<readonly (Item | undefined)[]> {
    return await Promise.all(
      writes.map((write) => this.#truth.get({ table: write.table, key: keyOf(write) })),
    );
  }
}

function keyOf(write: Write): { readonly pk: string; readonly sk: string } {
  return write.kind === "put" ? (write.item as { pk: string; sk: string }) : write.key;
}

/** An index takes a write for an item that enters it and for one that leaves it. */
function indexUnits(write: Write, old: Item | undefined, now: Item | undefined): number {
  const indexes = Object.values(TABLES[write.table].indexes ?? {});
  return indexes.filter(({ pk, sk }) => {
    const isIn = (item: Item | undefined): boolean => item?.[pk] !== undefined && item[sk] !== undefined;
    return isIn(old) !== isIn(now);
  }).length;
}
