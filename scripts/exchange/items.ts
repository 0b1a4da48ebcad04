import type { Item, Store } from "../../lib/store/store.ts";
import type { TableName } from "../../lib/store/tables.ts";

/** Everything in a table, page after page: for what is small enough to be held. */
export async function allItems(table: TableName, store: Store): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const page = await store.scan({ table, consistent: true, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
