import { beforeEach, describe, expect, test } from "vitest";
import { recover } from "../../../lib/journal/recover.ts";
import type { Market } from "../../../lib/market/market.ts";
import { orderBookView } from "../../../lib/market-data/market-data-views.ts";
import { depthKey } from "../../../lib/market-data/market-items.ts";
import { type DepthCache, type OrderBook, readOrderBook } from "../../../lib/market-data/order-book.ts";
import type { MarketState } from "../../../lib/matching/market-state.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted, limit } from "../../simulation/traders.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
let clock: VirtualClock;
let exchange: InProcessExchange;
let depths: DepthCache;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 9 }), { clock });
  depths = new Map();
  await openAccounts(exchange);
});

async function book(depth: number, cache = depths, store = exchange.store): Promise<OrderBook> {
  return accepted(await readOrderBook({ market: "BTC-USDT", depth }, { ...exchange, store, depths: cache }));
}

async function truth(): Promise<MarketState> {
  return await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
}

function levelsOf(state: MarketState, depth: number): OrderBook {
  return {
    version: state.head.version,
    bids: state.book.levels("buy", depth),
    asks: state.book.levels("sell", depth),
  };
}

describe("an order book", () => {
  test("of a market without a past is empty, at version 0", async () => {
    expect(await book(5)).toEqual({ version: 0, bids: [], asks: [] });
    const unknown = await readOrderBook({ market: "DOGE-USDT", depth: 5 }, { ...exchange, depths });
    expect(!unknown.ok && unknown.refusal.code).toBe("UNKNOWN_MARKET");
  });

  test("is the book itself after every batch, to a warm reader and to a cold one, whatever was projected", async () => {
    let batches = 0;
    const afterBatch = async () => {
      if (batches++ % 7 === 0) await exchange.project();
      const state = await truth();
      for (const depth of [1, 4, 1_000]) {
        expect(await book(depth)).toEqual(levelsOf(state, depth));
        expect(await book(depth, new Map())).toEqual(levelsOf(state, depth));
      }
    };
    await trade({ exchange, clock, orders: 250, seed: 11, afterBatch });
  });

  test("is never behind what a client was answered, nor split between two versions, with many readers at once", async () => {
    const afterBatch = async () => {
      const state = await truth();
      const all = await Promise.all(Array.from({ length: 8 }, () => book(1_000)));
      for (const each of all) expect(each).toEqual(levelsOf(state, 1_000));
    };
    await trade({ exchange, clock, orders: 60, seed: 12, afterBatch });
  });

  test("whose reading failed is read anew by the next one", async () => {
    await trade({ exchange, clock, orders: 40, seed: 13 });
    const failing = hookedStore(exchange.store, {
      before: firstTimes(
        1,
        () => true,
        () => {
          throw unavailable();
        },
      ),
    });
    await expect(book(5, depths, failing)).rejects.toThrow(/adversary/);
    expect(await book(5, depths, failing)).toEqual(levelsOf(await truth(), 5));
    await trade({ exchange, clock, orders: 40, seed: 14 });
    const dying = hookedStore(exchange.store, {
      after: firstTimes(
        1,
        ({ operation }) => operation === "query",
        () => {
          throw unavailable();
        },
      ),
    });
    await expect(book(5, depths, dying)).rejects.toThrow(/adversary/);
    expect(await book(5)).toEqual(levelsOf(await truth(), 5));
  });

  test("is shown as the contract words it", async () => {
    await limit(exchange, "ALICE", ["buy", "99.5", "1.25"]);
    await limit(exchange, "BOB", ["sell", "100", "2"]);
    await exchange.matchAll();
    expect(orderBookView("BTC-USDT", await book(5), CATALOGUE)).toEqual({
      market: "BTC-USDT",
      version: 1,
      bids: [["99.5", "1.25"]],
      asks: [["100", "2"]],
    });
  });
});

describe("a depth that was cut where it was projected", () => {
  /** As if a projection held no more than so many levels. */
  async function cutAt(most: number): Promise<void> {
    const state = await truth();
    const side = (name: "buy" | "sell") =>
      JSON.stringify(state.book.levels(name, most).map(([price, lots]) => [`${price}`, `${lots}`]));
    const item = {
      ...depthKey("BTC-USDT"),
      version: BigInt(state.head.version),
      bids: side("buy"),
      asks: side("sell"),
      most: BigInt(most),
    };
    await exchange.store.write({ kind: "put", table: "market-data", item });
  }

  test("shows nothing that is not so: the best levels without a gap, and all of them as long as there are enough", async () => {
    await trade({ exchange, clock, orders: 80, seed: 15 });
    await cutAt(4);
    const cold: DepthCache = new Map();
    let short = 0;
    const afterBatch = async () => {
      const state = await truth();
      for (const depth of [2, 4]) {
        const shown = await book(depth, cold);
        const wanted = levelsOf(state, depth);
        expect(shown.version).toBe(wanted.version);
        for (const side of ["bids", "asks"] as const)
          expect(shown[side]).toEqual(wanted[side].slice(0, shown[side].length));
        if (shown.bids.length < wanted.bids.length || shown.asks.length < wanted.asks.length) short++;
      }
    };
    await trade({ exchange, clock, orders: 40, seed: 16, afterBatch });
    await cutAt(4);
    expect(await book(4, cold)).toEqual(levelsOf(await truth(), 4));
    expect(short).toBeGreaterThan(0);
  });

  test("takes in orders better than the cut, and leaves out those beyond it", async () => {
    for (const price of ["90", "91", "92", "93"]) await limit(exchange, "ALICE", ["buy", price, "1"]);
    await exchange.matchAll();
    await cutAt(2);
    await book(2);
    for (const price of ["90", "91.5", "92.5", "94"]) await limit(exchange, "BOB", ["buy", price, "1"]);
    await exchange.matchAll();
    const { bids } = await book(10);
    expect(bids.map(([price]) => Number(price) / 100)).toEqual([94, 93, 92.5, 92]);
  });
});
