import type { Item, Query, Store } from "./store.ts";

/** What lists take: `after` is the text that the page before ended with. */
export type ListRequest = { readonly limit: number; readonly after?: string | undefined };
export type Listing<T> = { readonly items: readonly T[]; readonly next?: string };

/** How many items a filter may pass over for one page, so that a list's cost is bounded; the page then ends early. */
const MOST_LOOKED_AT = 5_000;

/**
 * A page of a list, newest first, of those items that `read` does not answer with undefined.
 * Sort keys rise with time; a page ends at a sort key, which is where the next one goes on.
 */
export async function listNewestFirst<T>(
  list: {
    readonly query: Pick<Query, "table" | "index" | "pk" | "from" | "to" | "consistent">;
    readonly request: ListRequest;
    /** The attribute that sorts, `sk` in tables. */
    readonly sortAttribute?: string;
    readonly read: (item: Item) => T | undefined;
  },
  { store }: { readonly store: Store },
): Promise<Listing<T>> {
  const { limit, after } = list.request;
  const sortAttribute = list.sortAttribute ?? "sk";
  const { from, to } = list.query;
  const items: T[] = [];
  let looked = 0;
  let upTo = after === undefined || (to !== undefined && to < after) ? to : after;
  let position = after;
  for (;;) {
    if (from !== undefined && upTo !== undefined && from > upTo) return { items };
    const page = await store.query({
      ...list.query,
      ...(upTo === undefined ? {} : { to: upTo }),
      order: "descending",
      limit: Math.max(limit - items.length, 25) + 1,
    });
    for (const item of page.items) {
      const key = String(item[sortAttribute]);
      // Bounds are inclusive, so a page begins with what the one before ended with.
      if (position !== undefined && key >= position) continue;
      if (items.length === limit) return { items, next: position ?? key };
      position = key;
      looked++;
      const value = list.read(item);
      if (value !== undefined) items.push(value);
    }
    if (page.next === undefined) return { items };
    if (looked >= MOST_LOOKED_AT) return position === undefined ? { items } : { items, next: position };
    upTo = position ?? String(page.next[sortAttribute]);
  }
}

/** Pages of several lists, each with the same bounds and limit, as one page of all that they hold. */
export function mergeNewestFirst<T extends { readonly id: string }>(
  pages: readonly Listing<T>[],
  limit: number,
): Listing<T> {
  // Below where one list's page ended, nobody knows yet what that list still holds.
  const known = pages.reduce((end, { next }) => (next !== undefined && next > end ? next : end), "");
  const items = pages
    .flatMap((page) => page.items)
    .filter(({ id }) => id >= known)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const last = items[limit - 1];
  if (items.length > limit && last !== undefined) return { items: items.slice(0, limit), next: last.id };
  return known === "" ? { items } : { items, next: known };
}
