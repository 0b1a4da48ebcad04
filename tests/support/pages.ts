import { expect } from "vitest";
import type { Listing, ListRequest } from "../../lib/store/listing.ts";

type Page<T> = { readonly items: readonly T[]; readonly next?: string | undefined };

/** All pages of a list, one after the other. */
export async function pagesOf<T>(
  list: (after: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

/** The same, each within its limit; where pages have to be full, all but the last reach it. */
export function allPages<T>(
  list: (request: ListRequest) => Promise<Listing<T>>,
  limit: number,
  { isFull = false } = {},
): Promise<readonly T[]> {
  return pagesOf(async (after) => {
    const page = await list({ limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (isFull && page.next !== undefined) expect(page.items).toHaveLength(limit);
    return page;
  });
}
