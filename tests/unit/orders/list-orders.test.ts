import { beforeAll, describe, expect, test } from "vitest";
import { listOrders, type OrderFilter } from "../../../lib/orders/list-orders.ts";
import { isLive, type OrderRecord } from "../../../lib/orders/order-item.ts";
import { type ListRequest, listNewestFirst } from "../../../lib/store/listing.ts";
import type { Query, Store } from "../../../lib/store/store.ts";
import { cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, limit, openAccount, orderNow, place } from "../../simulation/traders.ts";
import { allPages } from "../../support/pages.ts";

const orders: OrderRecord[] = [];
let exchange: InProcessExchange;

beforeAll(async () => {
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 13 }));
  for (const userId of ["ALICE", "BOB"])
    await openAccount(exchange, { userId, funds: { USDT: "1000000", BTC: "100", ETH: "100" } });
  const wishes = [
    (index: number) => limit(exchange, "ALICE", ["buy", `${100 + index}`, "0.1"]),
    (index: number) => limit(exchange, "ALICE", ["sell", `${900 + index}`, "0.1"]),
    async () =>
      accepted(
        await place(exchange, "ALICE", {
          market: "ETH-USDT",
          side: "buy",
          type: "limit",
          price: "10",
          quantity: "1",
        }),
      ),
  ];
  for (let index = 0; index < 60; index++) {
    const wish = wishes[index % wishes.length];
    if (wish === undefined) continue;
    orders.unshift(await wish(index));
    await limit(exchange, "BOB", ["buy", "1", "10"]);
    if (index < 57) await exchange.matchAll();
    if (index % 4 === 1) {
      const orderId = orders[0]?.terms.id ?? "";
      await cancelOrder({ userId: "ALICE", orderId, operationId: `C${index}`, correlationId: "c" }, exchange);
    }
  }
});

describe("a user's orders", () => {
  test.each<Omit<OrderFilter, "userId">>([
    {},
    { market: "ETH-USDT" },
    { status: "open" },
    { status: "pending" },
    { status: "cancelled" },
    { status: "filled" },
    { status: "live" },
    { status: "closed" },
    { market: "BTC-USDT", status: "live" },
    { market: "BTC-USDT", status: "closed" },
    { market: "ETH-BTC" },
  ])("with %j come newest first, each once, in pages of any size", async (filter) => {
    const all = await Promise.all(orders.map((order) => orderNow(order, exchange)));
    const wanted = all.filter(({ market, status }) => {
      const isStatus =
        filter.status === "live"
          ? isLive(status)
          : filter.status === "closed"
            ? !isLive(status)
            : status === (filter.status ?? status);
      return isStatus && market === (filter.market ?? market);
    });
    for (const size of [1, 2, 3, 7, 19, 20, 21, 59, 60, 500]) {
      const found = await allPages(
        async (request) => accepted(await listOrders({ userId: "ALICE", ...filter }, request, exchange)),
        size,
      );
      expect(found).toEqual(wanted);
    }
  });

  test("of a market that is not there are refused", async () => {
    const refused = await listOrders({ userId: "ALICE", market: "DOGE-USDT" }, { limit: 5 }, exchange);
    expect(!refused.ok && refused.refusal.code).toBe("UNKNOWN_MARKET");
  });

  test("after a text that is no order of theirs begin where it would stand", async () => {
    const list = async (after: string) =>
      accepted(await listOrders({ userId: "ALICE" }, { limit: 500, after }, exchange)).items.length;
    expect([await list("ORDER#~"), await list("~"), await list("ORDER#"), await list("A")]).toEqual([
      60, 60, 0, 0,
    ]);
  });

  test("of nobody are none", async () => {
    for (const status of ["live", undefined] as const) {
      expect(await listOrders({ userId: "NOBODY", status }, { limit: 5 }, exchange)).toEqual({
        ok: true,
        value: { items: [] },
      });
    }
  });
});

describe("a list whose filter passes over many items", () => {
  const MANY = 12_345;
  /** So many items that they are better counted than kept. */
  const endless: Pick<Store, "query"> = {
    query: async ({ to, limit = 0 }: Query) => {
      const top = Math.min(MANY - 1, to === undefined ? MANY : Number(to));
      const items = Array.from({ length: Math.min(limit, top + 1) }, (_, index) => ({
        sk: String(top - index).padStart(6, "0"),
      }));
      const last = items.at(-1);
      return last === undefined || last.sk === "000000" ? { items } : { items, next: last };
    },
  };
  const list = (request: ListRequest, isWanted: (sk: string) => boolean) => {
    const read = ({ sk }: { readonly sk?: unknown }) => (isWanted(String(sk)) ? String(sk) : undefined);
    return listNewestFirst(
      { query: { table: "orders", pk: "P" }, request, read },
      { store: endless as Store },
    );
  };

  test("ends its pages early, so that each costs a bounded number of reads, and loses nothing", async () => {
    const page = await list({ limit: 10 }, (sk) => sk === "000003");
    expect(page.items).toEqual([]);
    expect(page.next).toBeDefined();
    expect(await allPages((request) => list(request, (sk) => sk === "000003"), 10)).toEqual(["000003"]);
  });

  test.each([1, 9, 500])("gives all of them in pages of %i", async (limit) => {
    const isWanted = (sk: string) => Number(sk) % 97 === 0;
    const wanted = Array.from({ length: MANY }, (_, index) =>
      String(MANY - 1 - index).padStart(6, "0"),
    ).filter(isWanted);
    expect(await allPages((request) => list(request, isWanted), limit)).toEqual(wanted);
  });
});
