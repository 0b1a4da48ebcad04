import { beforeAll, describe, expect, test } from "vitest";
import { sealedFrom } from "../../../lib/journal/journal-items.ts";
import type { Market } from "../../../lib/market/market.ts";
import { listOwnFills } from "../../../lib/market-data/list-own-fills.ts";
import { type FillFilter, listFills, listMarketTrades } from "../../../lib/market-data/list-trades.ts";
import { fillView, tradeView } from "../../../lib/market-data/market-data-views.ts";
import { tradeId } from "../../../lib/market-data/market-items.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { replay } from "../../../lib/matching/replay.ts";
import { type OrderRecord, orderFrom } from "../../../lib/orders/order-item.ts";
import type { Listing, ListRequest } from "../../../lib/store/listing.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted, limit, openAccount } from "../../simulation/traders.ts";
import { allPages as pages } from "../../support/pages.ts";

const MARKETS = ["BTC-USDT", "ETH-USDT"];
const SIZES = [1, 2, 3, 5, 8, 50, 500];
const clock = new VirtualClock();
const exchange = new InProcessExchange(new MemoryStore({ pageItems: 30 }), { clock });
/** Of each market in the order in which they happened. */
const trades = new Map<
  string,
  { readonly id: string; readonly users: readonly string[]; readonly orders: readonly string[] }[]
>();

beforeAll(async () => {
  await openAccounts(exchange);
  await trade({ exchange, clock, orders: 500, seed: 21, markets: MARKETS, pauseMs: 50 });
  // One entry with many fills of one user.
  await openAccount(exchange, { userId: "EVE", funds: { BTC: "100" } });
  await openAccount(exchange, { userId: "FRANK", funds: { USDT: "1000000" } });
  for (let index = 0; index < 20; index++) await limit(exchange, "EVE", ["sell", "120", "1"]);
  await exchange.matchAll();
  clock.advance(50);
  await limit(exchange, "FRANK", ["buy", "120", "1000"]);
  await exchange.matchAll();
  await exchange.project();
  for (const name of MARKETS) {
    const state = new MarketState(CATALOGUE.markets.get(name) as Market);
    const found: { id: string; users: string[]; orders: string[] }[] = [];
    let from = "000000000001";
    for (;;) {
      const { items } = await exchange.store.query({ table: "journal", pk: name, from });
      for (const item of items) {
        const { entry, effects } = replay(state, sealedFrom(item));
        effects.trades.forEach(({ maker, taker }, index) => {
          found.push({
            id: tradeId({ market: name, version: entry.version, index }),
            users: [maker.userId, taker.userId],
            orders: [maker.id, taker.id],
          });
        });
      }
      if (items.length === 0) break;
      from = String(state.head.version + 1).padStart(12, "0");
    }
    trades.set(name, found);
  }
});

/** Every page but the last is full. */
function allPages<T>(list: (request: ListRequest) => Promise<Listing<T>>, limit: number) {
  return pages(list, limit, { isFull: true });
}

describe("the trades of a market", () => {
  test.each(SIZES)("come newest first, each once, in pages of %i", async (size) => {
    for (const market of MARKETS) {
      const found = await allPages(
        async (request) => accepted(await listMarketTrades(market, request, exchange)),
        size,
      );
      const wanted = (trades.get(market) ?? []).map(({ id }) => id).reverse();
      expect(wanted.length).toBeGreaterThan(40);
      expect(found.map(({ id }) => id)).toEqual(wanted);
    }
  });

  test("of a market that is not there are refused", async () => {
    const refused = await listMarketTrades("DOGE-USDT", { limit: 5 }, exchange);
    expect(!refused.ok && refused.refusal.code).toBe("UNKNOWN_MARKET");
  });

  test("after a text that no page ended with are a page all the same, of nothing but trades", async () => {
    const [, row] = /-([0-9]{12})-/.exec(trades.get("BTC-USDT")?.at(-5)?.id ?? "") ?? [];
    for (const after of [
      "x",
      "+",
      "~",
      `${row}`,
      `${row}+`,
      `${row}+x`,
      `${row}+-3`,
      `${row}+0.5`,
      `${row}+1e9`,
      `${row}+1+2`,
    ]) {
      const page = accepted(await listMarketTrades("BTC-USDT", { limit: 500, after }, exchange));
      expect(page.items.map((each) => tradeView(each, CATALOGUE).id)).toEqual(page.items.map(({ id }) => id));
    }
  });
});

describe("a user's own fills", () => {
  async function expectFills(filter: FillFilter, wanted: readonly string[]): Promise<void> {
    for (const size of SIZES) {
      const list = async (request: ListRequest) => accepted(await listFills(filter, request, exchange));
      expect((await allPages(list, size)).map(({ id }) => id)).toEqual(wanted);
    }
  }

  const own = (userId: string, market: string) =>
    (trades.get(market) ?? []).filter(({ users }) => users.includes(userId)).map(({ id }) => id);

  test.each(["ALICE", "BOB", "CAROL", "DAVE", "EVE", "FRANK", "NOBODY"])(
    "of %s come newest first, each once, in pages of any size",
    async (userId) => {
      for (const market of MARKETS) await expectFills({ userId, market }, own(userId, market).reverse());
      const all = await allPages(
        async (request) => accepted(await listFills({ userId }, request, exchange)),
        7,
      );
      expect(all.map(({ id }) => id).sort()).toEqual(MARKETS.flatMap((market) => own(userId, market)).sort());
      const times = all.map(({ timeMs }) => timeMs);
      expect(times).toEqual([...times].sort((a, b) => b - a));
    },
  );

  test("of one order are those that the order shows", async () => {
    const { items } = await exchange.store.query({
      table: "orders",
      pk: "USER#ALICE",
      from: "ORDER#",
      to: "ORDER#~",
      limit: 30,
    });
    for (const order of items.map(orderFrom)) {
      for (const size of [1, 3, 500]) {
        const filter = { userId: "ALICE", orderId: order.terms.id };
        const fills = await allPages(
          async (request) => accepted(await listOwnFills(filter, request, exchange)),
          size,
        );
        expect(fills.reduce((sum, { lots }) => sum + lots, 0n)).toBe(order.filledLots);
        expect(fills.reduce((sum, { fee }) => sum + fee, 0n)).toBe(order.fee);
        expect(
          fills.map(({ id }) => fillView(fills.find((fill) => fill.id === id) as never, CATALOGUE).orderId),
        ).toEqual(fills.map(() => order.terms.id));
      }
    }
  });

  test("of an order that is another's, or none, are none", async () => {
    const [order] = (
      await exchange.store.query({ table: "orders", pk: "USER#BOB", from: "ORDER#", limit: 1 })
    ).items.map(orderFrom) as [OrderRecord];
    for (const orderId of [order.terms.id, "NONE"]) {
      expect(
        accepted(await listOwnFills({ userId: "ALICE", orderId }, { limit: 5 }, exchange)).items,
      ).toEqual([]);
    }
    const refused = await listOwnFills({ userId: "ALICE", market: "DOGE-USDT" }, { limit: 5 }, exchange);
    expect(!refused.ok && refused.refusal.code).toBe("UNKNOWN_MARKET");
  });

  test("of an order that has just traded are waited for, as projections lag, but not for ever", async () => {
    const order = await limit(exchange, "FRANK", ["buy", "121", "1"]);
    await limit(exchange, "BOB", ["sell", "121", "1"]);
    await exchange.matchAll();
    const filter = { userId: "FRANK", orderId: order.terms.id };
    let sleeps = 0;
    const lagging = {
      ...exchange,
      clock: {
        nowMs: () => clock.nowMs(),
        sleep: async (ms: number) => {
          clock.advance(ms);
          if (++sleeps === 3) await exchange.project();
        },
      },
    };
    expect(accepted(await listOwnFills(filter, { limit: 5 }, lagging)).items).toHaveLength(1);
    expect(sleeps).toBe(3);
    const late = await limit(exchange, "FRANK", ["buy", "121", "1"]);
    await exchange.matchAll();
    const startMs = clock.nowMs();
    expect(
      accepted(await listOwnFills({ ...filter, orderId: late.terms.id }, { limit: 5 }, exchange)).items,
    ).toEqual([]);
    expect(clock.nowMs() - startMs).toBeLessThan(3_000);
  });
});
