import type {
  Item,
  Key,
  Outcome,
  Page,
  Place,
  Query,
  Scan,
  SlotReason,
  Store,
  Value,
  Write,
} from "../../lib/store/store.ts";
import { type Projection, TABLES, type TableName } from "../../lib/store/tables.ts";
import { holds } from "./conditions.ts";

type Row = Item & Key;
type Put = { readonly table: TableName; readonly item: Row };
type IndexKeys = { readonly pk: string; readonly sk: string; readonly projects: Projection };

const TABLE_KEYS: IndexKeys = { pk: "pk", sk: "sk", projects: "all" };
const MOST_AT_ONCE = 100;

/**
 * The store in memory, with DynamoDB's semantics as far as the exchange relies on them: conditions, transactions with a reason for
 * each slot, queries by key range, sparse indexes, and refusals of what DynamoDB refuses. One suite runs against it and against the
 * real engines.
 */
export class MemoryStore implements Store {
  readonly #tables = new Map<TableName, Map<string, Map<string, Row>>>();
  /** Each table as a scan gives it, until an item comes or goes: scans of large tables would sort all of it for every page. */
  readonly #inOrder = new Map<TableName, readonly Key[]>();
  readonly #pageItems: number;

  /** DynamoDB answers at most a megabyte at once; here that is counted in items. */
  constructor({ pageItems = 1_000 }: { readonly pageItems?: number } = {}) {
    this.#pageItems = pageItems;
  }

  async get({ table, key }: Place): Promise<Item | undefined> {
    return this.#find(table, key);
  }

  async getMany(places: readonly Place[]): Promise<readonly (Item | undefined)[]> {
    const different = new Set(places.map(({ table, key }) => nameOf(table, key)));
    if (different.size > MOST_AT_ONCE) throw new Error(`a read of ${different.size} items at once`);
    return places.map(({ table, key }) => this.#find(table, key));
  }

  async query(query: Query): Promise<Page> {
    const { table, index, pk, from, to, order } = query;
    const keys = keysOf(query);
    if (from !== undefined && to !== undefined && from > to)
      throw new Error(`a range from ${from} down to ${to}`);
    const rows =
      index === undefined ? [...(this.#tables.get(table)?.get(pk)?.values() ?? [])] : this.#all(table);
    const found = rows.filter((row) => {
      const sk = row[keys.sk];
      if (row[keys.pk] !== pk || typeof sk !== "string") return false;
      return (from === undefined || sk >= from) && (to === undefined || sk <= to);
    });
    const direction = order === "descending" ? -1 : 1;
    return this.#page(found, query, (a, b) => direction * compareBy([keys.sk, "pk", "sk"], a, b));
  }

  async scan(scan: Scan): Promise<Page> {
    const keys = keysOf(scan);
    if (scan.index === undefined) return this.#scanTable(scan);
    const indexed = this.#all(scan.table).filter(
      (row) => row[keys.pk] !== undefined && row[keys.sk] !== undefined,
    );
    return this.#page(indexed, scan, (a, b) => compareBy(["pk", "sk"], a, b));
  }

  async write(write: Write): Promise<Outcome> {
    if (write.kind === "check") throw new Error("a check alone writes nothing");
    return this.transact([write]);
  }

  async transact(writes: readonly Write[]): Promise<Outcome> {
    if (writes.length === 0 || writes.length > MOST_AT_ONCE)
      throw new Error(`a transaction of ${writes.length} items`);
    assertDifferent(
      writes.map((write) => nameOf(write.table, write.kind === "put" ? write.item : write.key)),
    );
    const reasons = writes.map((write) => this.#reason(write));
    if (reasons.some(({ code }) => code !== "none")) return { ok: false, reasons };
    for (const write of writes) this.#apply(write);
    return { ok: true };
  }

  async putMany(puts: readonly Put[]): Promise<void> {
    assertDifferent(puts.map(({ table, item }) => nameOf(table, item)));
    for (const { table, item } of puts) this.#apply({ kind: "put", table, item });
  }

  #scanTable({ table, after, limit = this.#pageItems }: Scan): Page {
    const byKeys = (a: Item, b: Item): number => compareBy(["pk", "sk"], a, b);
    const inOrder = this.#inOrder.get(table) ?? this.#all(table).map(keyOf).sort(byKeys);
    this.#inOrder.set(table, inOrder);
    let start = 0;
    for (let end = inOrder.length; after !== undefined && start < end; ) {
      const middle = (start + end) >> 1;
      if (byKeys(inOrder[middle] as Key, after) > 0) end = middle;
      else start = middle + 1;
    }
    const shown = inOrder.slice(start, start + Math.min(limit, this.#pageItems));
    const items = shown.map((key) => this.#find(table, key) as Row);
    const last = shown.at(-1);
    return last === undefined || start + shown.length === inOrder.length ? { items } : { items, next: last };
  }

  #find(table: TableName, key: Key): Row | undefined {
    return this.#tables.get(table)?.get(key.pk)?.get(key.sk);
  }

  #all(table: TableName): Row[] {
    return [...(this.#tables.get(table)?.values() ?? [])].flatMap((rows) => [...rows.values()]);
  }

  /** What comes after `after`, which need not exist any more. */
  #page(rows: Row[], request: Query | Scan, compare: (a: Item, b: Item) => number): Page {
    const { after, limit } = request;
    const keys = keysOf(request);
    const rest = after === undefined ? rows : rows.filter((row) => compare(row, after) > 0);
    rest.sort(compare);
    const shown = rest.slice(0, Math.min(limit ?? this.#pageItems, this.#pageItems));
    const items = shown.map((row) => projected(row, keys));
    const last = shown.at(-1);
    return last === undefined || shown.length === rest.length
      ? { items }
      : { items, next: keyPart(last, keys) };
  }

  #reason(write: Write): SlotReason {
    const item = this.#find(write.table, write.kind === "put" ? write.item : write.key);
    if ((write.when ?? []).every((condition) => holds(condition, item))) return { code: "none" };
    return item === undefined ? { code: "condition" } : { code: "condition", item };
  }

  #apply(write: Write): void {
    if (write.kind === "check") return;
    const { pk, sk } = write.kind === "put" ? write.item : write.key;
    const rows = this.#partition(write.table, pk);
    if (rows.has(sk) === (write.kind === "delete")) this.#inOrder.delete(write.table);
    if (write.kind === "delete") rows.delete(sk);
    else if (write.kind === "put") rows.set(sk, { ...write.item });
    else rows.set(sk, updated(rows.get(sk) ?? { pk, sk }, write));
  }

  #partition(table: TableName, pk: string): Map<string, Row> {
    const partitions = this.#tables.get(table) ?? new Map<string, Map<string, Row>>();
    this.#tables.set(table, partitions);
    const rows = partitions.get(pk) ?? new Map<string, Row>();
    partitions.set(pk, rows);
    return rows;
  }
}

function updated(before: Row, write: Write & { readonly kind: "update" }): Row {
  const after: Record<string, Value> & Key = { ...before, ...write.set };
  for (const [attribute, by] of Object.entries(write.add ?? {})) {
    after[attribute] = ((before[attribute] as bigint | undefined) ?? 0n) + by;
  }
  for (const attribute of write.remove ?? []) delete after[attribute];
  return after;
}

function keysOf({ table, index, consistent }: Query | Scan): IndexKeys {
  if (index === undefined) return TABLE_KEYS;
  if (consistent === true) throw new Error(`index ${index} cannot be read consistently`);
  const indexes: { readonly [name: string]: IndexKeys } = TABLES[table].indexes;
  const keys = indexes[index];
  if (keys === undefined) throw new Error(`table ${table} has no index ${index}`);
  return keys;
}

function projected(row: Row, keys: IndexKeys): Item {
  if (keys.projects === "all") return row;
  const part: Record<string, Value> = { ...keyPart(row, keys) };
  for (const name of keys.projects === "keys" ? [] : keys.projects) {
    if (row[name] !== undefined) part[name] = row[name];
  }
  return part;
}

function keyOf({ pk, sk }: Row): Key {
  return { pk, sk };
}

function keyPart({ pk, sk, ...row }: Row, keys: IndexKeys): Item {
  const part: Record<string, Value> = { pk, sk };
  for (const name of [keys.pk, keys.sk]) part[name] ??= row[name] as Value;
  return part;
}

function compareBy(attributes: readonly string[], a: Item, b: Item): number {
  for (const attribute of attributes) {
    const [left, right] = [String(a[attribute]), String(b[attribute])];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function nameOf(table: TableName, { pk, sk }: Key): string {
  return JSON.stringify([table, pk, sk]);
}

/** DynamoDB refuses it outright; code that asks for it has a bug. */
function assertDifferent(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`${name} is written twice at once`);
    seen.add(name);
  }
}
