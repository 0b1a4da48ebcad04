import { beforeEach, describe, expect, test } from "vitest";
import { entryWrite, sealedFrom } from "../../../lib/journal/journal-items.ts";
import { snapshotHeaders } from "../../../lib/journal/snapshots.ts";
import { type Market, notional } from "../../../lib/market/market.ts";
import { depthKey, hourOf, statisticsKey, summaryKey } from "../../../lib/market-data/market-items.ts";
import { Projector, type ProjectorPorts } from "../../../lib/market-data/projector.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { advance, plan } from "../../../lib/matching/plan.ts";
import { type Replayed, replay } from "../../../lib/matching/replay.ts";
import type { Item } from "../../../lib/store/store.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, transacts, unavailable } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { queued } from "../../support/matching/play.ts";
import { placeOf } from "../../support/matching/random-commands.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
const HOUR_MS = 3_600_000;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 20 }), { clock });
  await openAccounts(exchange);
});

const newProjector = (ports: ProjectorPorts = exchange) => new Projector(MARKET, ports);
const run = async (projector = newProjector()) => void (await projector.run(Number.POSITIVE_INFINITY));
const summary = () => exchange.store.get({ table: "market-data", key: summaryKey("BTC-USDT") });

/** What the journal says, straight from its entries. */
async function replayedAll(): Promise<{
  readonly state: MarketState;
  readonly replayed: readonly Replayed[];
}> {
  const state = new MarketState(MARKET);
  const replayed: Replayed[] = [];
  let after: Item | undefined;
  do {
    const page = await exchange.store.query({
      table: "journal",
      pk: "BTC-USDT",
      ...(after === undefined ? {} : { after }),
    });
    for (const item of page.items) replayed.push(replay(state, sealedFrom(item)));
    after = page.next;
  } while (after !== undefined);
  return { state, replayed };
}

/** Everything that was projected, but for the depth, which is written now and then. */
async function projected(): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const page = await exchange.store.scan({
      table: "market-data",
      ...(after === undefined ? {} : { after }),
    });
    items.push(...page.items.filter(({ sk }) => sk !== "DEPTH"));
    after = page.next;
  } while (after !== undefined);
  return items;
}

async function expectRight(): Promise<void> {
  const { state, replayed } = await replayedAll();
  expect(await summary()).toMatchObject({
    version: BigInt(state.head.version),
    openOrders: BigInt(state.book.size),
    feesBase: state.fees.base,
    feesQuote: state.fees.quote,
  });
  const hours = new Map<string, { base: bigint; quote: bigint; trades: bigint }>();
  for (const { entry, effects } of replayed) {
    for (const { priceTicks, lots } of effects.trades) {
      const hour = hourOf(entry.timeMs);
      const sum = hours.get(hour) ?? { base: 0n, quote: 0n, trades: 0n };
      sum.base += lots * MARKET.lotUnits;
      sum.quote += notional(MARKET, priceTicks, lots);
      sum.trades += 1n;
      hours.set(hour, sum);
    }
  }
  const items = await projected();
  const statistics = items.filter(({ pk }) => pk === statisticsKey("BTC-USDT", 0).pk);
  expect(
    Object.fromEntries(statistics.map(({ sk, base, quote, trades }) => [sk, { base, quote, trades }])),
  ).toEqual(Object.fromEntries(hours));
  const rows = items.filter(({ pk }) => pk === "TRADES#BTC-USDT");
  const trades = replayed.flatMap(({ entry, effects }) =>
    effects.trades.map((_, index) => `${entry.version} ${index}`),
  );
  expect(
    rows.flatMap(({ version, trades }) =>
      (JSON.parse(String(trades)) as [number][]).map(([index]) => `${version} ${index}`),
    ),
  ).toEqual(trades);
  const fills = items.filter(({ pk }) => String(pk).startsWith("FILLS#"));
  expect(fills.flatMap(({ fills }) => JSON.parse(String(fills)) as unknown[])).toHaveLength(
    2 * trades.length,
  );
}

describe("the projector", () => {
  test("makes of the journal the trades, the fills, the figures and the hours, exactly", async () => {
    await trade({ exchange, clock, orders: 300, seed: 1, pauseMs: 60_000, afterBatch: run });
    await expectRight();
  });

  test("is the same whether it follows closely, comes late, or forgets everything in between", async () => {
    let warm = newProjector();
    let batches = 0;
    const follow = async () => {
      batches++;
      if (batches % 5 === 0) warm = newProjector();
      if (batches % 3 === 0) await run(warm);
    };
    await trade({ exchange, clock, orders: 200, seed: 2, afterBatch: follow });
    await run(warm);
    const close = await projected();
    for (const { pk, sk } of close) {
      await exchange.store.write({
        kind: "delete",
        table: "market-data",
        key: { pk: String(pk), sk: String(sk) },
      });
    }
    await run();
    expect(await projected()).toEqual(close);
    await expectRight();
  });

  test("that is run again has nothing to do", async () => {
    await trade({ exchange, clock, orders: 50, seed: 3 });
    await run();
    const once = await projected();
    const writes: unknown[] = [];
    const store = hookedStore(exchange.store, {
      before: (call) =>
        void (["transact", "write", "putMany"].includes(call.operation) && writes.push(call)) as undefined,
    });
    const warm = newProjector({ ...exchange, store });
    await run(warm);
    await run(warm);
    expect(await projected()).toEqual(once);
    // A cold instance writes the depth, and nothing else.
    expect(writes.length).toBeLessThanOrEqual(1);
  });

  test("beside others, at any moment, counts each trade once", async () => {
    const three = [newProjector(), newProjector(), newProjector()];
    const afterBatch = async () => void (await Promise.all(three.map(run)));
    await trade({ exchange, clock, orders: 150, seed: 4, pauseMs: 400_000, afterBatch });
    await Promise.all(three.map(run));
    await expectRight();
  });

  test("that ends anywhere leaves what the next one completes", async () => {
    await trade({ exchange, clock, orders: 120, seed: 5, pauseMs: 400_000 });
    for (let calls = 0; ; calls++) {
      let left = calls;
      const dying = hookedStore(exchange.store, {
        after: () => {
          if (left-- === 0) throw new Error("the instance is gone");
        },
      });
      const ended = await run(newProjector({ ...exchange, store: dying })).then(
        () => true,
        () => false,
      );
      await run();
      await expectRight();
      if (ended) return;
      for (const { pk, sk } of await projected()) {
        await exchange.store.write({
          kind: "delete",
          table: "market-data",
          key: { pk: String(pk), sk: String(sk) },
        });
      }
    }
  });

  test("whose watermark moved without an answer counts what was counted once", async () => {
    await trade({ exchange, clock, orders: 60, seed: 6 });
    const store = hookedStore(exchange.store, {
      after: firstTimes(
        1,
        (call) => transacts(call, ({ table }) => table === "market-data"),
        () => {
          throw unavailable();
        },
      ),
    });
    const projector = newProjector({ ...exchange, store });
    await run(projector);
    await run(projector);
    await expectRight();
  });

  test("stops at its deadline and goes on from there", async () => {
    await trade({ exchange, clock, orders: 200, seed: 7 });
    const projector = newProjector();
    await projector.run(0);
    const first = (await summary())?.version as bigint;
    const { state } = await replayedAll();
    expect(first).toBeGreaterThan(0n);
    expect(first).toBeLessThan(BigInt(state.head.version));
    await run(projector);
    await expectRight();
  });

  test("refuses a watermark that the journal does not reach", async () => {
    await trade({ exchange, clock, orders: 10, seed: 8 });
    await exchange.store.write({
      kind: "update",
      table: "market-data",
      key: summaryKey("BTC-USDT"),
      set: { version: 1_000n },
    });
    await expect(run()).rejects.toThrow(/beyond its journal/);
  });

  /** Entries that each trade, an hour apart, in a market where next to nothing happens. */
  async function quietMarket(trades: number, state = new MarketState(MARKET)): Promise<void> {
    const done = state.head.version;
    for (let index = done; index < done + trades; index++) {
      const terms = { priceTicks: 100_000n, quantityLots: 100n };
      const commands = queued(
        [
          placeOf({ id: `S${index}`, userId: "BOB", side: "sell", ...terms }),
          placeOf({ id: `B${index}`, userId: "ALICE", side: "buy", ...terms }),
        ],
        2 * index + 1,
      ).map((each) => ({ ...each, timeMs: clock.nowMs() + index * HOUR_MS }));
      const planned = plan(state, { epoch: "epoch", commands });
      advance(state, planned);
      await exchange.store.write(entryWrite(planned.sealed));
    }
  }

  async function quietMarketGoesOn(trades: number): Promise<void> {
    await quietMarket(trades, (await replayedAll()).state);
  }

  test("catches up with a market that traded once an hour for a week", async () => {
    exchange = new InProcessExchange(new MemoryStore(), { clock });
    await quietMarket(24 * 7);
    await run();
    await expectRight();
  });

  test("writes a snapshot after many entries, and the depth more often", async () => {
    await quietMarket(620);
    const projector = newProjector();
    for (let round = 0; round < 40; round++) await projector.run(0);
    const headers = await snapshotHeaders("BTC-USDT", exchange);
    expect(headers.length).toBeGreaterThan(0);
    expect(Number(headers[0]?.sk)).toBeGreaterThanOrEqual(500);
    const depth = await exchange.store.get({ table: "market-data", key: depthKey("BTC-USDT") });
    expect(Number(depth?.version)).toBeGreaterThan(620 - 40);
    // What recovers from the snapshot is what the journal gives.
    await run();
    await expectRight();
  });

  test("that was idle while others worked rolls its own state forward and reads no snapshot", async () => {
    const reads: string[] = [];
    const store = hookedStore(exchange.store, {
      before: (call) => {
        if (call.operation === "query" || call.operation === "get")
          reads.push(call.operation === "query" ? call.input.pk : call.input.key.pk);
        return undefined;
      },
    });
    const [idle, busy] = [newProjector({ ...exchange, store }), newProjector()];
    await trade({ exchange, clock, orders: 60, seed: 9 });
    await run(idle);
    for (const seed of [10, 11]) {
      await trade({ exchange, clock, orders: 60, seed });
      await run(busy);
    }
    reads.length = 0;
    await trade({ exchange, clock, orders: 20, seed: 12 });
    await run(idle);
    await expectRight();
    expect(reads.filter((pk) => pk.includes("SNAPSHOT"))).toEqual([]);
  });

  test("with a long journal, no snapshot, and time for a part only gets there, however short each invocation is", async () => {
    await quietMarket(300);
    await run();
    // All that it could begin with is gone, and every invocation is a cold start with time for a page.
    const slow = hookedStore(exchange.store, { after: () => clock.advance(50) });
    await quietMarketGoesOn(40);
    let invocations = 0;
    while (!(await newProjector({ ...exchange, store: slow }).run(clock.nowMs()))) {
      expect(++invocations).toBeLessThan(60);
    }
    expect(invocations).toBeGreaterThan(5);
    await expectRight();
  });
});
