/**
 * The store as the domain sees it: items under (pk, sk) in named tables, conditional writes, and transactions
 * over several tables. The vocabulary is the part of DynamoDB's that the exchange relies on, in a neutral form, so that
 * the same use cases run on DynamoDB and on the simulation's model of it.
 */
import type { TableName } from "./tables.ts";

/** Numbers are whole and arbitrary in size, hence bigint. There are no fractions and no nulls: absent is absent. */
export type Value =
  | string
  | bigint
  | boolean
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value };
export type Item = { readonly [attribute: string]: Value };
export type Key = { readonly pk: string; readonly sk: string };

export type Condition =
  | { readonly attribute: string; readonly is: "absent" | "present" }
  | {
      readonly attribute: string;
      readonly is: "equal" | "not_equal" | "below" | "at_most" | "above" | "at_least";
      readonly to: Value;
    }
  /** True where the attribute does not exist, or is below / equal to the value. */
  | { readonly attribute: string; readonly is: "absent_or_below" | "absent_or_equal"; readonly to: Value };

/** All conditions of a write must hold, else nothing of its transaction happens. */
export type Write =
  | {
      readonly kind: "put";
      readonly table: TableName;
      readonly item: Item & Key;
      readonly when?: readonly Condition[];
    }
  | {
      readonly kind: "update";
      readonly table: TableName;
      readonly key: Key;
      readonly set?: Item;
      /** Added to a number; an absent number counts as 0. */
      readonly add?: { readonly [attribute: string]: bigint };
      readonly remove?: readonly string[];
      readonly when?: readonly Condition[];
    }
  | {
      readonly kind: "delete";
      readonly table: TableName;
      readonly key: Key;
      readonly when?: readonly Condition[];
    }
  | {
      readonly kind: "check";
      readonly table: TableName;
      readonly key: Key;
      readonly when: readonly Condition[];
    };

/** What became of one write of a cancelled transaction, in the order of the writes. */
export type SlotReason =
  | { readonly code: "none" }
  /** The condition did not hold; the item as it is, where there is one. */
  | { readonly code: "condition"; readonly item?: Item }
  | { readonly code: "conflict" }
  | { readonly code: "throttled" };

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reasons: readonly SlotReason[] };

export type Query = {
  readonly table: TableName;
  /** An index's name; its reads are eventually consistent. */
  readonly index?: string;
  readonly pk: string;
  /** Bounds of the sort key, both inclusive. */
  readonly from?: string;
  readonly to?: string;
  readonly order?: "ascending" | "descending";
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: Item;
  readonly consistent?: boolean;
};

export type Scan = {
  readonly table: TableName;
  readonly index?: string;
  readonly limit?: number;
  readonly after?: Item;
  readonly consistent?: boolean;
};

/** `next` is where the following page begins; absent at the end. A page may be short or empty and still have a next. */
export type Page = { readonly items: readonly Item[]; readonly next?: Item };

export type Place = { readonly table: TableName; readonly key: Key };

/** Every call may throw `StoreUnavailable`: nobody knows then whether a write took place. */
export type Store = {
  /** Strongly consistent. */
  get(place: Place): Promise<Item | undefined>;
  /** Strongly consistent, each item for itself; answers stand in the order of the places; at most 100. */
  getMany(places: readonly Place[]): Promise<readonly (Item | undefined)[]>;
  query(query: Query): Promise<Page>;
  scan(scan: Scan): Promise<Page>;
  /** One write, all or nothing. */
  write(write: Write): Promise<Outcome>;
  /** Up to 100 writes, each of another item, all or nothing. */
  transact(writes: readonly Write[]): Promise<Outcome>;
  /** Unconditional puts, each for itself, in no order. For what may be written again: projections. */
  putMany(puts: readonly { readonly table: TableName; readonly item: Item & Key }[]): Promise<void>;
};

/** The store did not answer, or not in time: a write may have taken place or not. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
