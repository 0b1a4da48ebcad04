import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { recover } from "../../lib/journal/recover.ts";
import { saveSnapshot } from "../../lib/journal/snapshots.ts";
import type { Market } from "../../lib/market/market.ts";
import { listOwnFills } from "../../lib/market-data/list-own-fills.ts";
import { listMarketTrades } from "../../lib/market-data/list-trades.ts";
import { readOrderBook } from "../../lib/market-data/order-book.ts";
import { stateText } from "../../lib/matching/snapshot.ts";
import { listOrders } from "../../lib/orders/list-orders.ts";
import { differenceOf, readConservation } from "../../lib/reconciliation/conservation.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../lib/trading/sweep.ts";
import { decideWithdrawal } from "../../lib/wallet/decide-withdrawal.ts";
import { hotMarkWrite } from "../../lib/wallet/hot-wallet.ts";
import { listAllWithdrawals } from "../../lib/wallet/list-wallet.ts";
import { requestWithdrawal } from "../../lib/wallet/request-withdrawal.ts";
import { type Dynoxide, startTables } from "../../scripts/local/engines.ts";
import { VirtualClock } from "../simulation/effects.ts";
import { firstTimes, hookedStore, transacts, unavailable } from "../simulation/faulty-store.ts";
import { InProcessExchange } from "../simulation/in-process-exchange.ts";
import { violations } from "../simulation/invariants.ts";
import { openAccounts, trade } from "../simulation/random-trading.ts";
import { accepted, balance, limit, openAccount, orderNow, place } from "../simulation/traders.ts";
import { bigState } from "../support/journal.ts";
import { pagesOf } from "../support/pages.ts";

/** The use cases on a real engine: what the model of the store may hide would show here. */
let dynoxide: Dynoxide;
let clock: VirtualClock;
let exchange: InProcessExchange;
let market: Market;

beforeAll(async () => {
  dynoxide = await startTables("test");
  process.env.AWS_REGION = dynoxide.region;
  process.env.AWS_ACCESS_KEY_ID = dynoxide.credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = dynoxide.credentials.secretAccessKey;
  const { tablePrefix, endpoint } = dynoxide;
  clock = new VirtualClock();
  exchange = new InProcessExchange(createDynamoStore({ tablePrefix, endpoint }), { clock });
  market = exchange.catalogue.markets.get("BTC-USDT") as Market;
  await openAccounts(exchange);
});
afterAll(async () => dynoxide?.stop());

async function expectSound(): Promise<void> {
  await exchange.project();
  expect(await violations(exchange)).toEqual([]);
}

describe("on a real engine", () => {
  test("a market's life keeps every invariant, and its book is what its readers see", async () => {
    const books = new Map();
    const afterBatch = async (): Promise<void> => {
      const { book, head } = await recover(market, Number.POSITIVE_INFINITY, exchange);
      const wanted = { market: "BTC-USDT", depth: 1_000, minVersion: head.version };
      const shown = accepted(await readOrderBook(wanted, { ...exchange, books }));
      expect(shown).toEqual({
        version: head.version,
        bids: book.levels("buy", 1_000),
        asks: book.levels("sell", 1_000),
      });
    };
    await trade({ exchange, clock, orders: 60, seed: 1, markets: ["BTC-USDT", "ETH-BTC"], afterBatch });
    await expectSound();
  });

  test("two matchers with stale books, lost answers and cold starts lose nothing", async () => {
    const lossy = hookedStore(exchange.store, {
      after: firstTimes(
        5,
        (call) => transacts(call, ({ table }) => table === "journal"),
        () => {
          throw unavailable();
        },
      ),
    });
    const matchers = [exchange.newMatcher("BTC-USDT"), exchange.newMatcher("BTC-USDT", { store: lossy })];
    for (let round = 0; round < 12; round++) {
      await limit(exchange, "ALICE", ["buy", `${90 + round}`, "1"]);
      await limit(exchange, "BOB", ["sell", `${95 + round}`, "1"]);
      const batch = exchange.receive("BTC-USDT");
      const taken = round % 3 === 0 ? matchers : [matchers[round % 2]];
      const completed = await Promise.all(
        taken.map(async (matcher) => (await matcher?.take(batch.commands, exchange.deadlines()))?.completed),
      );
      expect(new Set(completed)).toEqual(new Set([batch.commands.length]));
      exchange.acknowledge("BTC-USDT", batch, batch.commands.length);
    }
    await expectSound();
  });

  test("two equal orders at once, by key and by client order id, are one", async () => {
    await openAccount(exchange, { userId: "EVE", funds: { USDT: "1000" } });
    const wish = { side: "buy", type: "limit", price: "10", quantity: "1", clientOrderId: "mine" } as const;
    const idempotency = { key: "key", fingerprint: "f", shared: false };
    const ids = Array.from({ length: 6 }, () => exchange.random.id(clock.nowMs()));
    const orders = await Promise.all(
      ids.map((operationId) => place(exchange, "EVE", wish, { operationId, idempotency })),
    );
    expect(new Set(orders.map((order) => accepted(order).terms.id)).size).toBe(1);
    expect(await balance(exchange, "EVE", "USDT")).toBe("990 + 10");
    await exchange.matchAll();
    await expectSound();
  });

  test("of many orders of one user at once no more than a second's limit pass, and a contended wallet takes none", async () => {
    await openAccount(exchange, { userId: "FAST", funds: { USDT: "1000" } });
    const wish = { side: "buy", type: "limit", price: "10", quantity: "1" } as const;
    const limited = { ...exchange, ordersPerSecond: 2 };
    for (let second = 0; second < 2; second++) {
      clock.advance(1_000);
      const orders = await Promise.all(Array.from({ length: 5 }, () => place(limited, "FAST", wish)));
      expect(orders.filter(({ ok }) => ok)).toHaveLength(2);
      for (const order of orders.filter(({ ok }) => !ok))
        expect(order).toMatchObject({ refusal: { code: "RATE_LIMITED" } });
    }
    await exchange.store.write(hotMarkWrite("FAST", clock.nowMs() + 200));
    expect(await place(exchange, "FAST", wish)).toMatchObject({ refusal: { code: "RATE_LIMITED" } });
    expect(await balance(exchange, "FAST", "USDT")).toBe("960 + 40");
    await exchange.matchAll();
    await expectSound();
  });

  test("a deep sweep of more than a transaction takes is cut and finished", async () => {
    for (let index = 0; index < 60; index++) {
      await openAccount(exchange, { userId: `MAKER${index}`, funds: { ETH: "10" } });
      accepted(
        await place(exchange, `MAKER${index}`, {
          market: "ETH-USDT",
          side: "sell",
          type: "limit",
          price: "10",
          quantity: "1",
        }),
      );
    }
    await exchange.matchAll();
    const wish = { market: "ETH-USDT", side: "buy", type: "limit", price: "10", quantity: "61" } as const;
    const sweep = accepted(await place(exchange, "ALICE", wish));
    await exchange.matchAll();
    expect(await orderNow(sweep, exchange)).toMatchObject({
      status: "partially_filled",
      filledLots: 600_000n,
    });
    await expectSound();
  });

  test("what never reached its market is swept", async () => {
    await openAccount(exchange, { userId: "FAY", funds: { USDT: "1000" } });
    const dead = { ...exchange, queue: { ...exchange.queue, send: async () => {} } };
    const lost = await limit(dead, "FAY", ["buy", "100", "1"]);
    clock.advance(PENDING_LIMIT_MS + 1);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 1 });
    expect((await orderNow(lost, exchange)).status).toBe("rejected");
    expect(await balance(exchange, "FAY", "USDT")).toBe("1000 + 0");
  });

  test("lists give each thing once in pages of any size", async () => {
    await exchange.project();
    const all = {
      orders: accepted(await listOrders({ userId: "ALICE" }, { limit: 500 }, exchange)).items.map(
        ({ terms }) => terms.id,
      ),
      live: accepted(
        await listOrders({ userId: "ALICE", status: "live" }, { limit: 500 }, exchange),
      ).items.map(({ terms }) => terms.id),
      fills: accepted(await listOwnFills({ userId: "ALICE" }, { limit: 500 }, exchange)).items.map(
        ({ id }) => id,
      ),
      trades: accepted(await listMarketTrades("BTC-USDT", { limit: 500 }, exchange)).items.map(
        ({ id }) => id,
      ),
    };
    for (const ids of Object.values(all)) {
      expect(ids.length).toBeGreaterThan(5);
      expect(new Set(ids).size).toBe(ids.length);
    }
    for (const limit of [1, 7, 30]) {
      const orders = await pagesOf(async (after) =>
        accepted(await listOrders({ userId: "ALICE" }, { limit, after }, exchange)),
      );
      const live = await pagesOf(async (after) =>
        accepted(await listOrders({ userId: "ALICE", status: "live" }, { limit, after }, exchange)),
      );
      const fills = await pagesOf(async (after) =>
        accepted(await listOwnFills({ userId: "ALICE" }, { limit, after }, exchange)),
      );
      const trades = await pagesOf(async (after) =>
        accepted(await listMarketTrades("BTC-USDT", { limit, after }, exchange)),
      );
      expect(orders.map(({ terms }) => terms.id)).toEqual(all.orders);
      expect(live.map(({ terms }) => terms.id)).toEqual(all.live);
      expect(fills.map(({ id }) => id)).toEqual(all.fills);
      expect(trades.map(({ id }) => id)).toEqual(all.trades);
    }
  });

  test("a withdrawal is decided once by many at once", async () => {
    const operationId = exchange.random.id(clock.nowMs());
    const withdrawal = accepted(
      await requestWithdrawal(
        { userId: "ALICE", asset: "BTC", amount: "1", address: "a", operationId },
        exchange,
      ),
    );
    const decision = { status: "completed", transactionId: "t" } as const;
    const decided = await Promise.all(
      ["D1", "D2", "D3"].map((operationId) =>
        decideWithdrawal(
          { id: withdrawal.id, decision, actor: "ADMIN", operationId, requestId: "r" },
          exchange,
        ),
      ),
    );
    expect(decided.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await listAllWithdrawals(undefined, { limit: 5 }, exchange)).items).toMatchObject([
      { id: withdrawal.id, status: "completed" },
    ]);
    await expectSound();
  });

  test("money is conserved while trading goes on between any two reads", async () => {
    let isInside = false;
    let reads = 0;
    const after = async (): Promise<void> => {
      if (isInside || reads >= 8) return;
      isInside = true;
      await trade({ exchange, clock, orders: 4, seed: 100 + reads++ });
      isInside = false;
    };
    const { sums } = await readConservation({ ...exchange, store: hookedStore(exchange.store, { after }) });
    expect([...sums.values()].map(differenceOf)).toEqual([0n, 0n, 0n]);
    expect(reads).toBeGreaterThan(4);
  });

  test("a snapshot of more than an item is written and found, and recovery begins there", async () => {
    const state = await recover(market, Number.POSITIVE_INFINITY, exchange);
    await saveSnapshot(state, exchange);
    await trade({ exchange, clock, orders: 6, seed: 200 });
    exchange.coldStart();
    const recovered = await recover(market, Number.POSITIVE_INFINITY, exchange);
    expect(recovered.head.version).toBeGreaterThan(state.head.version);
    const big = bigState(7_000, recovered.head.version + 1);
    expect((await saveSnapshot(big, exchange)).bytes).toBeGreaterThan(400_000);
    expect(stateText(await recover(big.market, Number.POSITIVE_INFINITY, exchange))).toBe(stateText(big));
  });
});
