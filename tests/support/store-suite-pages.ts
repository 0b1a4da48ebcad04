import { describe, expect, test } from "vitest";
import type { Item, Page, Query, Scan, Store } from "../../lib/store/store.ts";
import { allOf, freshPk, put, TABLE } from "./store-suite-items.ts";

/** Queries, scans and indexes. */
export function describePages(store: () => Store): void {
  describeQueries(store);
  describeIndexes(store);
  describeScans(store);
}

async function letters(store: Store, text: string): Promise<string> {
  const pk = freshPk();
  for (const sk of text) await put(store, { pk, sk, letter: sk });
  return pk;
}

function sks(items: readonly Item[]): string {
  return items.map(({ sk }) => sk).join("");
}

function describeQueries(store: () => Store): void {
  describe("a query", () => {
    test("gives a partition in the order of its sort keys, whatever the order of the writes", async () => {
      const pk = await letters(store(), "dbaec");
      const items = await allOf(store(), { table: TABLE, pk, consistent: true });
      expect(items).toEqual([..."abcde"].map((sk) => ({ pk, sk, letter: sk })));
      expect(sks(await allOf(store(), { table: TABLE, pk, order: "descending" }))).toBe("edcba");
      expect(await store().query({ table: TABLE, pk: freshPk() })).toEqual({ items: [] });
    });

    test.each<[Pick<Query, "from" | "to" | "order">, string]>([
      [{ from: "b" }, "bcde"],
      [{ to: "d" }, "abcd"],
      [{ from: "b", to: "d" }, "bcd"],
      [{ from: "b", to: "d", order: "descending" }, "dcb"],
      [{ from: "c", to: "c" }, "c"],
      [{ from: "bb", to: "dd" }, "cd"],
      [{ from: "f" }, ""],
    ])("with %j gives %j, both bounds included", async (range, expected) => {
      const pk = await letters(store(), "abcde");
      expect(sks(await allOf(store(), { table: TABLE, pk, ...range }))).toBe(expected);
    });

    test("whose range ends before it begins is refused", async () => {
      await expect(store().query({ table: TABLE, pk: freshPk(), from: "b", to: "a" })).rejects.toThrow();
    });

    test.each(["ascending", "descending"] as const)(
      "in pages of any size gives all of a range once, %s",
      async (order) => {
        const pk = await letters(store(), "abcdefghij");
        for (const limit of [1, 2, 3, 4, 8, 9, 100]) {
          const items = await allOf(store(), { table: TABLE, pk, from: "b", to: "i", limit, order });
          expect(sks(items)).toBe(order === "ascending" ? "bcdefghi" : "ihgfedcb");
        }
      },
    );

    test("gives no more than its limit, and the next page goes on where it ended, also when that item is gone", async () => {
      const pk = await letters(store(), "abcde");
      const first = await store().query({ table: TABLE, pk, limit: 2 });
      expect(sks(first.items)).toBe("ab");
      await store().write({ kind: "delete", table: TABLE, key: { pk, sk: "b" } });
      await put(store(), { pk, sk: "aa" });
      const second = await store().query({ table: TABLE, pk, limit: 2, ...afterOf(first) });
      expect(sks(second.items)).toBe("cd");
    });

    test("sees what was written just before", async () => {
      const pk = freshPk();
      for (let index = 0; index < 20; index++) {
        await put(store(), { pk, sk: String(index).padStart(2, "0") });
        const { items } = await store().query({
          table: TABLE,
          pk,
          order: "descending",
          limit: 1,
          consistent: true,
        });
        expect(items[0]?.sk).toBe(String(index).padStart(2, "0"));
      }
    });
  });
}

function describeIndexes(store: () => Store): void {
  const live = (pk: string): Query => ({ table: "orders", index: "live", pk });
  const order = (pk: string, sk: string, attributes: Item) =>
    store().write({ kind: "put", table: "orders", item: { pk, sk, status: "open", ...attributes } });

  describe("an index", () => {
    test("has only the items that have its keys, and lets them go with the attribute", async () => {
      const pk = freshPk();
      await order(pk, "a", { liveUserId: pk });
      await order(pk, "b", {});
      await order(pk, "c", { liveUserId: pk });
      expect(sks((await store().query(live(pk))).items)).toBe("ac");
      await store().write({ kind: "update", table: "orders", key: { pk, sk: "a" }, remove: ["liveUserId"] });
      expect(sks((await store().query(live(pk))).items)).toBe("c");
      await store().write({ kind: "delete", table: "orders", key: { pk, sk: "c" } });
      expect(await store().query(live(pk))).toEqual({ items: [] });
    });

    test("lets an item go and another take it in one write", async () => {
      const pk = freshPk();
      const among = async (index: string) =>
        (await store().query({ table: "orders", index, pk })).items.map(({ sk }) => sk);
      await order(pk, "a", { pendingUserId: pk });
      expect([await among("pending"), await among("live")]).toEqual([["a"], []]);
      const key = { pk, sk: "a" };
      const move = { set: { liveUserId: pk }, remove: ["pendingUserId"] };
      await store().write({ kind: "update", table: "orders", key, ...move });
      expect([await among("pending"), await among("live")]).toEqual([[], ["a"]]);
      // Tests of scans expect nothing to be left.
      await store().write({ kind: "delete", table: "orders", key });
    });

    test("of keys shows keys only; one of everything shows everything", async () => {
      const pk = freshPk();
      await order(pk, "a", { liveUserId: pk, amount: 7n });
      expect((await store().query(live(pk))).items).toEqual([{ pk, sk: "a", liveUserId: pk }]);
      const item = { pk, sk: "a", status: `status of ${pk}`, id: "1", amount: 7n };
      await store().write({ kind: "put", table: "wallets", item });
      const found = await store().query({ table: "wallets", index: "withdrawalStatus", pk: item.status });
      expect(found.items).toEqual([item]);
    });

    test("of some attributes shows keys and those, as far as the item has them", async () => {
      const [pk, kind] = [freshPk(), freshPk()];
      const item = { pk, sk: "PROFILE", kind, id: "1", email: "a@example.com", passwordHash: "secret" };
      await store().write({ kind: "put", table: "users", item });
      const found = await store().query({ table: "users", index: "created", pk: kind });
      const { passwordHash: _, ...shown } = item;
      expect(found.items).toEqual([shown]);
    });

    test("moves an item whose key changes", async () => {
      const pk = freshPk();
      const withdrawals = async (status: string) =>
        (await store().query({ table: "wallets", index: "withdrawalStatus", pk: `${pk} ${status}` })).items
          .length;
      await store().write({
        kind: "put",
        table: "wallets",
        item: { pk, sk: "w", status: `${pk} pending`, id: "1" },
      });
      expect([await withdrawals("pending"), await withdrawals("completed")]).toEqual([1, 0]);
      await store().write({
        kind: "update",
        table: "wallets",
        key: { pk, sk: "w" },
        set: { status: `${pk} completed` },
      });
      expect([await withdrawals("pending"), await withdrawals("completed")]).toEqual([0, 1]);
    });

    test("is sorted by its own sort key and read in pages, range and order as a table", async () => {
      const kind = freshPk();
      const ids = [..."dbaec"];
      for (const [index, id] of ids.entries()) {
        await store().write({
          kind: "put",
          table: "users",
          item: { pk: `${kind} ${index}`, sk: "PROFILE", kind, id },
        });
      }
      for (const limit of [1, 2, 5, 6]) {
        const query: Query = {
          table: "users",
          index: "created",
          pk: kind,
          from: "b",
          order: "descending",
          limit,
        };
        expect((await allOf(store(), query)).map(({ id }) => id).join("")).toBe("edcb");
      }
    });

    test("is not read consistently", async () => {
      await expect(store().query({ ...live(freshPk()), consistent: true })).rejects.toThrow();
    });
  });
}

function describeScans(store: () => Store): void {
  const allOfScan = async (scan: Scan): Promise<readonly Item[]> => {
    const items: Item[] = [];
    let page: Page | undefined;
    do {
      page = await store().scan({ ...scan, ...(page === undefined ? {} : afterOf(page)) });
      items.push(...page.items);
    } while (page.next !== undefined);
    return items;
  };

  describe("a scan", () => {
    test("in pages of any size gives every item of the table once", async () => {
      const pks = Array.from({ length: 7 }, freshPk);
      for (const pk of pks) {
        for (const sk of "abc")
          await store().write({ kind: "put", table: "audit", item: { pk, sk, actor: pk, entity: pk } });
      }
      for (const limit of [1, 4, 20, 21, 100]) {
        const found = await allOfScan({ table: "audit", limit, consistent: true });
        expect(found.map(({ pk, sk }) => `${pk}${sk}`).sort()).toEqual(
          pks.flatMap((pk) => [..."abc"].map((sk) => pk + sk)).sort(),
        );
      }
    });

    test("of a sparse index gives what is in it, as its keys, also while items leave it between the pages", async () => {
      const pks = Array.from({ length: 9 }, freshPk);
      for (const pk of pks) {
        await store().write({
          kind: "put",
          table: "orders",
          item: { pk, sk: "live", liveUserId: pk, amount: 1n },
        });
        await store().write({ kind: "put", table: "orders", item: { pk, sk: "closed", amount: 1n } });
      }
      const seen: Item[] = [];
      let page: Page | undefined;
      do {
        page = await store().scan({
          table: "orders",
          index: "live",
          limit: 2,
          ...(page === undefined ? {} : afterOf(page)),
        });
        for (const { pk, sk } of page.items) {
          const key = { pk: String(pk), sk: String(sk) };
          await store().write({ kind: "update", table: "orders", key, remove: ["liveUserId"] });
        }
        seen.push(...page.items);
      } while (page.next !== undefined);
      const ours = seen.filter(({ pk }) => pks.includes(String(pk)));
      expect(ours.map(({ pk }) => pk).sort()).toEqual([...pks].sort());
      expect(ours[0]).toEqual({ pk: ours[0]?.pk, sk: "live", liveUserId: ours[0]?.pk });
      expect(await allOfScan({ table: "orders", index: "live" })).toEqual([]);
    });
  });
}

function afterOf({ next }: Page): { after?: Item } {
  return next === undefined ? {} : { after: next };
}
