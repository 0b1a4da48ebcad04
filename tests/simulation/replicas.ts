import type { Item, Key, Outcome, Page, Query, Scan, Write } from "../../lib/store/store.ts";
import type { TableName } from "../../lib/store/tables.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { MemoryStore } from "./memory-store.ts";

type Place = { readonly table: TableName; readonly key: Key };
/** `hiddenFor`: how many queries do not show it yet, unless its caller is answered before. */
type Change = Place & { hiddenFor: number };
/** What a query meets: an index that is behind, or part of a transaction that is still going on. */
export type ReadFaults = { isIndexLate(): boolean; noteTorn(): void };
const HIDDEN_SHARE = 0.2;
const LONGEST_HIDDEN = 10;

/** Until its caller is answered, a write is concurrent with every read: each of its items may be seen or not. */
export type Written = { changes: readonly Change[]; isAnswered: boolean };

/**
 * The store as DynamoDB keeps it: one truth, which conditions and single reads see; queries that are only read-committed, so they may show
 * part of a transaction that is still going on; and indexes that lag.
 */
export class Replicas {
  readonly truth = new MemoryStore();
  readonly #view: MemoryStore;
  readonly #index = new MemoryStore();
  readonly #chance: Chance;
  #unseen: Written[] = [];
  #unindexed: Change[] = [];

  constructor(chance: Chance, { pageItems }: { readonly pageItems: number }) {
    this.#chance = chance;
    this.#view = new MemoryStore({ pageItems });
  }

  async transact(
    writes: readonly Write[],
  ): Promise<{ readonly outcome: Outcome; readonly written: Written }> {
    const outcome = await this.truth.transact(writes);
    const places = outcome.ok ? writes.filter(({ kind }) => kind !== "check").map(placeOf) : [];
    return { outcome, written: await this.#note(places) };
  }

  async putMany(puts: readonly { readonly table: TableName; readonly item: Item & Key }[]): Promise<Written> {
    await this.truth.putMany(puts);
    return await this.#note(puts.map(({ table, item: { pk, sk } }) => ({ table, key: { pk, sk } })));
  }

  /** What was answered before is shown; what is still going on is shown item by item, by chance. */
  async query(query: Query, faults: ReadFaults): Promise<Page> {
    if (query.index !== undefined) return await (await this.#indexFor(faults)).query(query);
    if (await this.#show()) faults.noteTorn();
    return await this.#view.query(query);
  }

  async scan(scan: Scan, faults: ReadFaults): Promise<Page> {
    if (scan.index !== undefined) return await (await this.#indexFor(faults)).scan(scan);
    if (await this.#show()) faults.noteTorn();
    return await this.#view.scan(scan);
  }

  async #note(places: readonly Place[]): Promise<Written> {
    const changes: Change[] = [];
    for (const place of places) {
      changes.push({
        ...place,
        hiddenFor: this.#chance.fraction() < HIDDEN_SHARE ? this.#chance.below(LONGEST_HIDDEN) : 0,
      });
    }
    const written = { changes, isAnswered: false };
    this.#unseen.push(written);
    this.#unindexed.push(...changes);
    return written;
  }

  /** @returns whether something was hidden. */
  async #show(): Promise<boolean> {
    const left: Written[] = [];
    for (const written of this.#unseen) {
      const hidden: Change[] = [];
      for (const change of written.changes) {
        if (!written.isAnswered && change.hiddenFor-- > 0) hidden.push(change);
        else await this.#copy(change, this.#view);
      }
      written.changes = hidden;
      if (hidden.length > 0) left.push(written);
    }
    this.#unseen = left;
    return left.length > 0;
  }

  async #indexFor(faults: ReadFaults): Promise<MemoryStore> {
    if (faults.isIndexLate()) return this.#index;
    for (const change of this.#unindexed) await this.#copy(change, this.#index);
    this.#unindexed = [];
    return this.#index;
  }

  /** Shows the item as it is by now: a later change may not be undone by an earlier one that is copied late. */
  async #copy({ table, key }: Change, to: MemoryStore): Promise<void> {
    const item = (await this.truth.get({ table, key })) as (Item & Key) | undefined;
    if (item === undefined) await to.write({ kind: "delete", table, key });
    else await to.putMany([{ table, item }]);
  }
}

function placeOf(write: Write): Place {
  const { pk, sk } = write.kind === "put" ? write.item : write.key;
  return { table: write.table, key: { pk, sk } };
}
