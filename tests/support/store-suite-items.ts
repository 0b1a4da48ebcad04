import { expect } from "vitest";
import type { Item, Key, Page, Query, Store } from "../../lib/store/store.ts";

/** What the parts of the store suite share. */

export const TABLE = "requests" as const;

let partitions = 0;

/** A partition key that no other test uses. */
export function freshPk(): string {
  return `PARTITION#${++partitions}`;
}

export function freshKey(): Key {
  return { pk: freshPk(), sk: "A" };
}

export async function put(store: Store, item: Item & Key): Promise<void> {
  expect(await store.write({ kind: "put", table: TABLE, item })).toEqual({ ok: true });
}

/** All pages of a query, one after the other. */
export async function allOf(store: Store, query: Query): Promise<readonly Item[]> {
  const items: Item[] = [];
  let page: Page | undefined;
  do {
    page = await store.query({ ...query, ...(page?.next === undefined ? {} : { after: page.next }) });
    items.push(...page.items);
  } while (page.next !== undefined);
  return items;
}
