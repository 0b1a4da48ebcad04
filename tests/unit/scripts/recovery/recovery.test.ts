import { describe, expect, test } from "vitest";
import { newestSnapshot, saveSnapshot } from "../../../../lib/journal/snapshots.ts";
import { MarketState } from "../../../../lib/matching/market-state.ts";
import { replay } from "../../../../lib/matching/replay.ts";
import { stateText } from "../../../../lib/matching/snapshot.ts";
import type { Item, Store } from "../../../../lib/store/store.ts";
import { readOptions } from "../../../../scripts/command/options.ts";
import { CannotBegin } from "../../../../scripts/command/told.ts";
import type { ColdResult } from "../../../../scripts/recovery/cold-process.ts";
import { Crowd } from "../../../../scripts/recovery/crowd.ts";
import { damageSnapshot } from "../../../../scripts/recovery/journal.ts";
import { marketNamed } from "../../../../scripts/recovery/markets.ts";
import { OPTIONS } from "../../../../scripts/recovery/options.ts";
import { type Measurement, missedGoals, reportOf } from "../../../../scripts/recovery/report.ts";

const market = marketNamed("BTC-USDT");

describe("the crowd", () => {
  test("grows a book to the size that was asked for, of many users and prices", () => {
    const { state } = crowdOf(3_000);
    expect(state.book.size).toBe(3_000);
    expect(state.book.levels("buy", 10_000).length).toBeGreaterThan(500);
    const users = new Set([...state.book.orders("buy")].map(({ userId }) => userId));
    expect(users.size).toBeGreaterThan(500);
  });

  test("trades: its entries replay to its state, with fills, cancels and rests among them", () => {
    const crowd = new Crowd(market, 7);
    const entries = [...crowd.trade(300)];
    const replayed = new MarketState(market);
    const types = new Set<string>();
    for (const sealed of entries)
      for (const { type } of replay(replayed, sealed).entry.events) types.add(type);
    expect(entries.length).toBeGreaterThanOrEqual(300);
    expect(stateText(replayed)).toBe(stateText(crowd.state));
    expect([...types]).toEqual(expect.arrayContaining(["opened", "rested", "filled", "closed"]));
  });

  test("is the same for the same seed, and another for another", () => {
    const text = (seed: number) => stateText(crowdOf(500, seed).state);
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
  });
});

test("a damaged snapshot > is reported, and is not taken for one", async () => {
  const store = storeOfPuts();
  const { state } = crowdOf(500);
  await saveSnapshot(state, { store });
  const errors: string[] = [];
  const log = { info: () => {}, warn: () => {}, error: (event: string) => errors.push(event) };
  expect(await newestSnapshot(market, { store, log })).toBeDefined();
  await damageSnapshot({ market: market.market, version: state.head.version, chunks: 1 }, store);
  expect(await newestSnapshot(market, { store, log })).toBeUndefined();
  expect(errors).toEqual(["snapshot_damaged"]);
});

describe("goals", () => {
  const results = [resultOf(2_500), resultOf(1_900)];
  const measurement: Measurement = { name: "cold", results, attempts: 1, faults: [], goalMs: 2_000 };

  test("are judged by the best round", () => {
    expect(missedGoals([measurement])).toEqual([]);
    expect(missedGoals([{ ...measurement, goalMs: 1_900 }])).toEqual([
      "cold: 1900 ms at best, the goal is less than 1900",
    ]);
  });

  test("are missed by every fault, whatever the time", () => {
    const faulty = { ...measurement, faults: ["another state than the journal gives"] };
    expect(missedGoals([faulty])).toEqual(["cold: another state than the journal gives"]);
    expect(reportOf([faulty])).toContain("FAULT");
  });

  test("the report shows best and median", () => {
    const row = reportOf([{ ...measurement, results: [...results, resultOf(2_100)] }]);
    expect(row).toMatch(/cold\s+│\s+1 │\s+1900 │\s+2100 │/);
    expect(row).toContain("< 2000 ms met");
  });
});

describe("options", () => {
  test("are what is asked for, or the issue's figures", () => {
    expect(readOptions([], OPTIONS)?.values).toEqual({ orders: 100_000, tail: 10_000, rounds: 3 });
    expect(readOptions(["--orders", "500", "--tail", "200", "--rounds", "1"], OPTIONS)?.values).toEqual({
      orders: 500,
      tail: 200,
      rounds: 1,
    });
    expect(readOptions(["--help"], OPTIONS)).toBeUndefined();
  });

  test.each([["--orders", "many"], ["--tail", "1"], ["--rounds", "0"], ["--speed"]])(
    "%s %s is refused",
    (...args) => {
      expect(() =>
        readOptions(
          args.filter((each) => each !== undefined),
          OPTIONS,
        ),
      ).toThrow(CannotBegin);
    },
  );
});

function crowdOf(orders: number, seed = 7): Crowd {
  const crowd = new Crowd(market, seed);
  crowd.growTo(orders);
  return crowd;
}

function resultOf(ms: number): ColdResult {
  return {
    ms,
    sinceStartMs: ms + 500,
    cpuMs: ms,
    storeMs: 100,
    reads: { calls: 3, units: 9 },
    damaged: 0,
    peakMb: 100,
    state: { digest: "d", snapshotVersion: 1, version: 4 },
  };
}

/** As much of a store as snapshots need. */
function storeOfPuts(): Store {
  const items = new Map<string, Item>();
  const refuse = () => Promise.reject(new Error("snapshots do not need this"));
  return {
    get: async ({ key }) => items.get(`${key.pk} ${key.sk}`),
    query: async ({ pk }) => ({ items: [...items.values()].filter((item) => item.pk === pk) }),
    putMany: async (puts) => {
      for (const { item } of puts) items.set(`${item.pk} ${item.sk}`, item);
    },
    getMany: refuse,
    scan: refuse,
    write: refuse,
    transact: refuse,
  };
}
