import { TABLES, type TableName } from "../../lib/store/tables.ts";
import type { Condition, Item, Key, Outcome, Page, Query, Scan, SlotReason, Store, Value, Write } from "../../lib/store/store.ts";

/** DynamoDB answers at most this much at once; here counted in items. */
const PAGE = 1_000;

type Rows = Map<string, Item & Key>;

/**
 * The store in memory, with DynamoDB's semantics as far as the exchange relies on them: conditions, transactions with a reason for
 * each slot, queries by key range, sparse indexes. One suite runs against it and against the real engines.
 */
export class MemoryStore implements Store {
  readonly #tables = new Map<TableName, Map<string, Rows>>();

  async get({ table, key }: { table: TableName; key: Key }): Promise<Item | undefined> {
    return this.#find(table, key);
  }

  async getMany(places: readonly { table: TableName; key: Key }[]): Promise<readonly (Item | undefined)[]> {
    return places.map(({ table, key }) => this.#find(table, key));
  }

  async query(query: Query): Promise<Page> {
    const { pk: pkName, sk: skName } = keysOf(query.table, query.index);
    const source = query.index === undefined ? [...this.#rows(query.table, query.pk).values()] : this.#all(query.table);
    const inRange = source.filter((item) => {
      const sk = item[skName];
      if (item[pkName] !== query.pk || typeof sk !== "string") return false;
      return (query.from === undefined || sk >= query.from) && (query.to === undefined || sk <= query.to);
    });
    inRange.sort((a, b) => order(a, b, skName) * (query.order === "descending" ? -1 : 1));
    const start = query.after === undefined ? 0 : inRange.findIndex((item) => isSame(item, query.after as Item)) + 1;
    return this.#page(inRange, { start, limit: query.limit, table: query.table, index: query.index });
  }

  async scan(scan: Scan): Promise<Page> {
    const all = this.#all(scan.table).filter((item) => scan.index === undefined || isIndexed(item, keysOf(scan.table, scan.index)));
    const start = scan.after === undefined ? 0 : all.findIndex((item) => isSame(item, scan.after as Item)) + 1;
    return this.#page(all, { start, limit: scan.limit, table: scan.table, index: scan.index });
  }

  async write(write: Write): Promise<Outcome> {
    return this.transact([write]);
  }

  async transact(writes: readonly Write[]): Promise<Outcome> {
    assertTransaction(writes);
    const reasons = writes.map((write) => this.#reason(write));
    if (reasons.some(({ code }) => code !== "none")) return { ok: false, reasons };
    for (const write of writes) this.#apply(write);
    return { ok: true };
  }

  async putMany(puts: readonly { table: TableName; item: Item & Key }[]): Promise<void> {
    for (const { table, item } of puts) this.#apply({ kind: "put", table, item });
  }

  #find(table: TableName, key: Key): (Item & Key) | undefined {
    return this.#tables.get(table)?.get(key.pk)?.get(key.sk);
  }

  #rows(table: TableName, pk: string): Rows {
    return this.#tables.get(table)?.get(pk) ?? new Map();
  }

  #all(table: TableName): (Item & Key)[] {
    return [...(this.#tables.get(table)?.values() ?? [])].flatMap((rows) => [...rows.values()]);
  }

  #page(
    items: readonly (Item & Key)[],
    { start, limit, table, index }: { start: number; limit: number | undefined; table: TableName; index: string | undefined },
  ): Page {
    const end = start + Math.min(limit ?? PAGE, PAGE);
    const page = items.slice(start, end).map((item) => shown(item, table, index));
    const last = items[end - 1];
    // Like DynamoDB, a full page names a next one even where nothing follows.
    return last === undefined ? { items: page } : { items: page, next: { pk: last.pk, sk: last.sk } };
  }

  #reason(write: Write): SlotReason {
    const key = write.kind === "put" ? write.item : write.key;
    const item = this.#find(write.table, key);
    const holds = (write.when ?? []).every((condition) => isTrue(condition, item));
    if (holds) return { code: "none" };
    return item === undefined ? { code: "condition" } : { code: "condition", item };
  }

  #apply(write: Write): void {
    if (write.kind === "check") return;
    const { pk, sk } = write.kind === "put" ? write.item : write.key;
    let partitions = this.#tables.get(write.table);
    if (partitions === undefined) {
      partitions = new Map();
      this.#tables.set(write.table, partitions);
    }
    let rows = partitions.get(pk);
    if (rows === undefined) {
      rows = new Map();
      partitions.set(pk, rows);
    }
    if (write.kind === "delete") rows.delete(sk);
    else if (write.kind === "put") rows.set(sk, structuredClone(write.item));
    else rows.set(sk, updated(rows.get(sk) ?? { pk, sk }, write));
  }
}

function updated(before: Item & Key, write: Write & { kind: "update" }): Item & Key {
  const after: Record<string, Value> & Key = { ...before, ...structuredClone(write.set ?? {}) };
  for (const [attribute, by] of Object.entries(write.add ?? {})) {
    after[attribute] = ((before[attribute] as bigint | undefined) ?? 0n) + by;
  }
  for (const attribute of write.remove ?? []) delete after[attribute];
  return after;
}

function isTrue(condition: Condition, item: Item | undefined): boolean {
  const value = item?.[condition.attribute];
  if (condition.is === "absent") return value === undefined;
  if (condition.is === "present") return value !== undefined;
  const { to } = condition;
  switch (condition.is) {
    case "absent_or_below":
      return value === undefined || (typeof value === typeof to && value < to);
    case "absent_or_equal":
      return value === undefined || value === to;
    case "not_equal":
      return value !== to;
    default:
      if (value === undefined || typeof value !== typeof to) return false;
  }
  switch (condition.is) {
    case "equal":
      return value === to;
    case "below":
      return value < to;
    case "at_most":
      return value <= to;
    case "above":
      return value > to;
    case "at_least":
      return value >= to;
  }
}

function keysOf(table: TableName, index: string | undefined): { readonly pk: string; readonly sk: string; readonly keysOnly?: boolean } {
  if (index === undefined) return { pk: "pk", sk: "sk" };
  const indexes: { readonly [name: string]: { readonly pk: string; readonly sk: string; readonly keysOnly: boolean } } = TABLES[table].indexes;
  const keys = indexes[index];
  if (keys === undefined) throw new Error(`table ${table} has no index ${index}`);
  return keys;
}

function isIndexed(item: Item, keys: { readonly pk: string; readonly sk: string }): boolean {
  return item[keys.pk] !== undefined && item[keys.sk] !== undefined;
}

function shown(item: Item & Key, table: TableName, index: string | undefined): Item {
  const keys = keysOf(table, index);
  if (keys.keysOnly !== true) return structuredClone(item);
  return { pk: item.pk, sk: item.sk, [keys.pk]: item[keys.pk] as Value, [keys.sk]: item[keys.sk] as Value };
}

function order(a: Item & Key, b: Item & Key, skName: string): number {
  const left = String(a[skName]);
  const right = String(b[skName]);
  if (left !== right) return left < right ? -1 : 1;
  return a.pk < b.pk ? -1 : 1;
}

function isSame(item: Item & Key, key: Item): boolean {
  return item.pk === key["pk"] && item.sk === key["sk"];
}

/** What DynamoDB refuses outright; code that asks for it has a bug. */
function assertTransaction(writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > 100) throw new Error(`a transaction of ${writes.length} items`);
  const places = new Set(
    writes.map((write) => {
      const { pk, sk } = write.kind === "put" ? write.item : write.key;
      return `${write.table} ${pk} ${sk}`;
    }),
  );
  if (places.size !== writes.length) throw new Error("a transaction names an item twice");
}
