import fc from "fast-check";
import { expect, it } from "vitest";
import { type Listing, mergeNewestFirst } from "../../../lib/store/listing.ts";

type Row = { readonly id: string };

/** A list's page as a store gives it: up to `most` rows below the cursor, and where to go on if there are more. */
function pageOf(list: readonly string[], most: number, after: string | undefined): Listing<Row> {
  const rest = list.filter((id) => after === undefined || id < after).sort((a, b) => (a < b ? 1 : -1));
  const items = rest.slice(0, most).map((id) => ({ id }));
  const last = items.at(-1);
  return rest.length > most && last !== undefined ? { items, next: last.id } : { items };
}

it("pages of several lists join to all that they hold, newest first, each once, wherever a list ends its page early", () => {
  const id = fc.integer({ min: 100, max: 999 }).map(String);
  const lists = fc
    .uniqueArray(id, { maxLength: 40 })
    .chain((ids) =>
      fc
        .array(fc.integer({ min: 0, max: 3 }), { minLength: ids.length, maxLength: ids.length })
        .map((places) => [0, 1, 2, 3].map((list) => ids.filter((_, index) => places[index] === list))),
    );
  const shortest = fc.infiniteStream(fc.integer({ min: 1, max: 6 }));
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 7 }), shortest, (all, limit, early) => {
      const joined: string[] = [];
      let after: string | undefined;
      do {
        const pages = all.map((list) => pageOf(list, Math.min(limit, early.next().value ?? 1), after));
        const page: Listing<Row> = mergeNewestFirst(pages, limit);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        joined.push(...page.items.map((row) => row.id));
        after = page.next;
      } while (after !== undefined);
      expect(joined).toEqual(all.flat().sort().reverse());
    }),
  );
});
