import type { Item, Store } from "../../lib/store/store.ts";
import type { TableName } from "../../lib/store/tables.ts";
import { percentile } from "../command/statistics.ts";
import { allItems } from "../exchange/items.ts";
import { attributeBytes, itemBytes } from "./item-size.ts";

export type ItemKind = {
  readonly kind: string;
  readonly count: number;
  readonly medianBytes: number;
  readonly mostBytes: number;
  /** Of the median item: the largest attributes. */
  readonly attributes: readonly (readonly [attribute: string, bytes: number])[];
};

type Kind = { readonly name: string; readonly table: TableName; readonly is: (item: Item) => boolean };

const KINDS: readonly Kind[] = [
  { name: "order", table: "orders", is: ({ sk }) => String(sk).startsWith("ORDER#") },
  { name: "wallet", table: "wallets", is: ({ sk }) => sk === "WALLET" },
  { name: "journal entry of 10 orders", table: "journal", is: ({ body }) => body !== undefined },
  {
    name: "public trades of an entry",
    table: "market-data",
    is: ({ pk }) => String(pk).startsWith("TRADES#"),
  },
  {
    name: "a user's fills of an entry",
    table: "market-data",
    is: ({ pk }) => String(pk).startsWith("FILLS#"),
  },
  { name: "summary (watermark)", table: "market-data", is: ({ sk }) => sk === "SUMMARY" },
];

/** How large the items are that trading writes: each kilobyte begun is paid for. */
export async function measureItems(store: Store): Promise<readonly ItemKind[]> {
  const tables = new Map<TableName, readonly Item[]>();
  for (const { table } of KINDS) if (!tables.has(table)) tables.set(table, await allItems(table, store));
  return KINDS.map(({ name, table, is }) => {
    const items = (tables.get(table) ?? []).filter(is);
    const sizes = items.map(itemBytes);
    const medianBytes = percentile(sizes, 0.5);
    const median = items[sizes.indexOf(medianBytes)] ?? {};
    return {
      kind: name,
      count: items.length,
      medianBytes,
      mostBytes: Math.max(...sizes),
      attributes: attributeBytes(median),
    };
  });
}
