import { beforeEach, describe, expect, test } from "vitest";
import { recover } from "../../../lib/journal/recover.ts";
import { saveSnapshot } from "../../../lib/journal/snapshots.ts";
import type { Market } from "../../../lib/market/market.ts";
import type { OrderBook } from "../../../lib/market-data/depth.ts";
import { orderBookView } from "../../../lib/market-data/market-data-views.ts";
import { depthKey } from "../../../lib/market-data/market-items.ts";
import { type BookCache, readOrderBook } from "../../../lib/market-data/order-book.ts";
import type { MarketState } from "../../../lib/matching/market-state.ts";
import type { Store } from "../../../lib/store/store.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted, limit } from "../../simulation/traders.ts";
import { quietLife, store as storeJournal } from "../../support/journal.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
let clock: VirtualClock;
let exchange: InProcessExchange;
let books: BookCache;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 9 }), { clock });
  books = new Map();
  await openAccounts(exchange);
});

/** As a client reads it that has not asked for a while, so that it is read anew. */
async function book(depth: number, cache = books, store = exchange.store): Promise<OrderBook> {
  clock.advance(100);
  return accepted(await readOrderBook({ market: "BTC-USDT", depth }, { ...exchange, store, books: cache }));
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
    const unknown = await readOrderBook({ market: "DOGE-USDT", depth: 5 }, { ...exchange, books });
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
    await expect(book(5, books, failing)).rejects.toThrow(/adversary/);
    expect(await book(5, books, failing)).toEqual(levelsOf(await truth(), 5));
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
    const others: BookCache = new Map();
    await expect(book(5, others, dying)).rejects.toThrow(/adversary/);
    expect(await book(5, others, dying)).toEqual(levelsOf(await truth(), 5));
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

/** What is read of the journal and the projected depth. */
function watched(): {
  readonly store: Store;
  readonly calls: { readonly pk: string; readonly consistent: boolean }[];
} {
  const calls: { pk: string; consistent: boolean }[] = [];
  const store = hookedStore(exchange.store, {
    before: (call) => {
      if (call.operation === "query")
        calls.push({ pk: call.input.pk, consistent: call.input.consistent === true });
      if (call.operation === "get") calls.push({ pk: call.input.key.pk, consistent: true });
      return undefined;
    },
  });
  return { store, calls };
}

describe("an order book that many ask for", () => {
  const journalReads = (calls: readonly { readonly pk: string }[]) =>
    calls.filter(({ pk }) => pk === "BTC-USDT").length;

  test("is read some hundred times at once and then ten times a second, and is a tenth of a second old at most", async () => {
    await trade({ exchange, clock, orders: 40, seed: 18 });
    const { store, calls } = watched();
    const ask = async () =>
      accepted(await readOrderBook({ market: "BTC-USDT", depth: 5 }, { ...exchange, store, books }));
    await ask();
    clock.advance(30_000);
    calls.length = 0;
    for (let index = 0; index < 2_000; index++) await ask();
    expect(journalReads(calls)).toBe(300);
    await trade({ exchange, clock, orders: 3, seed: 19, pauseMs: 33 });
    clock.advance(1);
    const { head } = await truth();
    calls.length = 0;
    for (let index = 0; index < 300; index++) expect((await ask()).version).toBe(head.version);
    expect(journalReads(calls)).toBe(1);
    for (let tenth = 0; tenth < 50; tenth++) {
      clock.advance(100);
      for (let index = 0; index < 20; index++) await ask();
    }
    expect(journalReads(calls)).toBe(51);
  });

  test("is read once for all who ask at the same moment", async () => {
    await trade({ exchange, clock, orders: 40, seed: 20 });
    const { store, calls } = watched();
    const asked = Array.from({ length: 50 }, () =>
      readOrderBook({ market: "BTC-USDT", depth: 5 }, { ...exchange, store, books }),
    );
    const all = await Promise.all(asked);
    for (const each of all) expect(accepted(each)).toEqual(levelsOf(await truth(), 5));
    expect(calls.filter(({ pk }) => pk === depthKey("BTC-USDT").pk)).toHaveLength(1);
  });

  test("never costs a consistent read of the journal where no version is named", async () => {
    await trade({ exchange, clock, orders: 60, seed: 21 });
    const { store, calls } = watched();
    for (let index = 0; index < 30; index++) await book(50, books, store);
    expect(calls.filter(({ pk, consistent }) => consistent && pk === "BTC-USDT")).toEqual([]);
  });
});

test("a client that looks after each of its orders sees each in the book, without naming a version", async () => {
  const afterBatch = async () => {
    const shown = await readOrderBook({ market: "BTC-USDT", depth: 50 }, { ...exchange, books });
    expect(accepted(shown)).toEqual(levelsOf(await truth(), 50));
  };
  await trade({ exchange, clock, orders: 400, seed: 27, pauseMs: 10, afterBatch });
});

describe("an order book of a version or later", () => {
  const askFor = async (minVersion: number, { store }: { readonly store: Store } = exchange) =>
    await readOrderBook({ market: "BTC-USDT", depth: 50, minVersion }, { ...exchange, store, books });

  test("is of that version after every batch, however often it was asked for before", async () => {
    const afterBatch = async () => {
      const state = await truth();
      for (let index = 0; index < 20; index++)
        expect(accepted(await askFor(state.head.version))).toEqual(levelsOf(state, 50));
    };
    await trade({ exchange, clock, orders: 60, seed: 22, pauseMs: 1, afterBatch });
  });

  test("is waited for, as an order may be seen a moment before its entry", async () => {
    await trade({ exchange, clock, orders: 20, seed: 23 });
    const { head } = await truth();
    let sleeps = 0;
    const sleep = async (ms: number) => {
      clock.advance(ms);
      if (++sleeps === 3) await trade({ exchange, clock, orders: 1, seed: 24 });
    };
    const slow = { ...exchange, clock: { nowMs: () => clock.nowMs(), sleep }, books };
    const shown = await readOrderBook({ market: "BTC-USDT", depth: 5, minVersion: head.version + 1 }, slow);
    expect(accepted(shown).version).toBe(head.version + 1);
  });

  test("that does not come is refused after half a second, and costs few reads however many ask", async () => {
    await trade({ exchange, clock, orders: 20, seed: 25 });
    const { head } = await truth();
    const watching = watched();
    const startMs = clock.nowMs();
    const refused = await askFor(head.version + 1, watching);
    expect(!refused.ok && refused.refusal.code).toBe("UNAVAILABLE");
    expect(clock.nowMs() - startMs).toBeLessThan(600);
    for (let index = 0; index < 10; index++) await askFor(head.version + 1, watching);
    const seconds = (clock.nowMs() - startMs) / 1_000;
    const certain = watching.calls.filter(({ pk, consistent }) => consistent && pk === "BTC-USDT");
    expect(certain.length).toBeLessThanOrEqual(10 + 10 * seconds);
  });

  test("far beyond the journal is refused at once, without a consistent read of the journal", async () => {
    await trade({ exchange, clock, orders: 20, seed: 26 });
    const { store, calls } = watched();
    await book(5, books, store);
    clock.advance(30_000);
    calls.length = 0;
    const startMs = clock.nowMs();
    for (let index = 0; index < 1_000; index++) {
      const refused = await askFor(999_999_999_999, { store });
      expect(!refused.ok && refused.refusal).toMatchObject({
        code: "VALIDATION_ERROR",
        details: [{ path: "minVersion" }],
      });
    }
    expect(clock.nowMs()).toBe(startMs);
    expect(calls.filter(({ pk, consistent }) => consistent && pk === "BTC-USDT")).toEqual([]);
    expect(calls.filter(({ pk }) => pk === "BTC-USDT")).toHaveLength(300);
  });
});

describe("an instance that was idle for long", () => {
  test("begins again with the depth as it is projected by now", async () => {
    const { journal, state } = quietLife(1_201, MARKET);
    exchange = new InProcessExchange(new MemoryStore(), { clock });
    await storeJournal(journal.slice(0, 10), exchange.store);
    const { store, calls } = watched();
    await book(5, books, store);
    await storeJournal(journal.slice(10), exchange.store);
    await exchange.project();
    calls.length = 0;
    expect(await book(5, books, store)).toEqual(levelsOf(state, 5));
    // One page of the old tail, the depth, and the little that came after it.
    expect(calls.map(({ pk }) => pk)).toEqual(["BTC-USDT", depthKey("BTC-USDT").pk, "BTC-USDT"]);
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

  test("shows all levels that there are, however many of those within the cut are gone", async () => {
    await trade({ exchange, clock, orders: 80, seed: 15 });
    await cutAt(4);
    const afterBatch = async () => {
      const state = await truth();
      for (const depth of [2, 4, 1_000]) {
        // Readers that begin here find the depth cut long ago; the one that has followed since has met it whole.
        expect(await book(depth, new Map())).toEqual(levelsOf(state, depth));
        expect(await book(depth)).toEqual(levelsOf(state, depth));
      }
    };
    await trade({ exchange, clock, orders: 40, seed: 16, afterBatch });
  });

  test("is read from the market's state once, and followed from there", async () => {
    await trade({ exchange, clock, orders: 80, seed: 15 });
    await saveSnapshot(await truth(), exchange);
    await cutAt(2);
    const { store, calls } = watched();
    const warm: BookCache = new Map();
    const snapshots = () => calls.filter(({ pk }) => pk.includes("#SNAPSHOT")).length;
    const afterBatch = async () =>
      expect(await book(1_000, warm, store)).toEqual(levelsOf(await truth(), 1_000));
    await trade({ exchange, clock, orders: 30, seed: 17, afterBatch });
    // The header and its one chunk.
    expect(snapshots()).toBe(2);
  });

  test("takes in orders better than the cut, and leaves out those beyond it", async () => {
    for (const price of ["90", "91", "92", "93"]) await limit(exchange, "ALICE", ["buy", price, "1"]);
    await exchange.matchAll();
    await cutAt(2);
    await book(2);
    for (const price of ["90", "91.5", "92.5", "94"]) await limit(exchange, "BOB", ["buy", price, "1"]);
    await exchange.matchAll();
    const { bids } = await book(4);
    expect(bids.map(([price]) => Number(price) / 100)).toEqual([94, 93, 92.5, 92]);
  });
});
