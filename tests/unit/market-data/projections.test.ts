import { beforeEach, describe, expect, test } from "vitest";
import { snapshotHeaders } from "../../../lib/journal/snapshots.ts";
import type { Market } from "../../../lib/market/market.ts";
import { lowestWatermark, summaryKey } from "../../../lib/market-data/market-items.ts";
import { DepthPicture } from "../../../lib/market-data/projections/depth.ts";
import type { Projection } from "../../../lib/market-data/projections/projection.ts";
import { SnapshotPicture } from "../../../lib/market-data/projections/snapshots.ts";
import { type Feed, PROJECTIONS, Projector } from "../../../lib/market-data/projector.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { toLive } from "../../../lib/matching/order.ts";
import type { Item, Write } from "../../../lib/store/store.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { termsOf } from "../../support/matching/random-commands.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 20 }), { clock });
  await openAccounts(exchange);
});

/** A projection made up for this test: a row for each entry, and a count of entries that must not count one twice. */
const ENTRIES: Projection = {
  watermark: "version:entries",
  rows: ({ entry }) => [
    {
      table: "market-data",
      item: {
        pk: "ENTRIES",
        sk: String(entry.version).padStart(6, "0"),
        events: BigInt(entry.events.length),
      },
    },
  ],
  additions: {
    perEntry: 1,
    of: (_, step): readonly Write[] => [
      {
        kind: "update",
        table: "market-data",
        key: { pk: "ENTRIES", sk: "COUNT" },
        add: { entries: BigInt(step.length) },
      },
    ],
  },
};

const feed = (projections: readonly Projection[]): Feed => ({ projections, pictures: [] });
const projector = (projections: readonly Projection[], store = exchange.store) =>
  new Projector(MARKET, { ...exchange, store }, feed(projections));
const summary = async (): Promise<Item> =>
  (await exchange.store.get({ table: "market-data", key: summaryKey("BTC-USDT") })) ?? {};
const counted = async () =>
  (await exchange.store.get({ table: "market-data", key: { pk: "ENTRIES", sk: "COUNT" } }))?.entries;
const seen = async (): Promise<readonly number[]> => {
  const versions: number[] = [];
  let after: Item | undefined;
  do {
    const page = await exchange.store.query({
      table: "market-data",
      pk: "ENTRIES",
      from: "0",
      to: "9",
      ...(after === undefined ? {} : { after }),
    });
    versions.push(...page.items.map(({ sk }) => Number(sk)));
    after = page.next;
  } while (after !== undefined);
  return versions;
};

describe("a projection that is new", () => {
  test("begins at the journal's beginning, while those that are ahead go on first and are not written again", async () => {
    await trade({ exchange, clock, orders: 150, seed: 1 });
    await projector(PROJECTIONS).run(Number.POSITIVE_INFINITY);
    const before = await summary();
    await trade({ exchange, clock, orders: 30, seed: 2 });
    const written: string[] = [];
    const store = hookedStore(exchange.store, {
      before: (call) => {
        if (call.operation === "putMany") written.push(...call.input.map(({ item }) => item.pk));
        return undefined;
      },
    });
    const both = projector([...PROJECTIONS, ENTRIES], store);
    // Time for a page only in each invocation: the first that is projected is of those who were ahead.
    let between = before;
    while (between.version === before.version) {
      expect(await both.run(clock.nowMs())).toBe(false);
      between = await summary();
    }
    expect(between["version:entries"]).toBe(0n);
    written.length = 0;
    expect(await both.run(Number.POSITIVE_INFINITY)).toBe(true);
    const after = await summary();
    const head = Number(after.version);
    expect(after["version:entries"]).toBe(after.version);
    expect(after["version:trades"]).toBe(after.version);
    expect(await seen()).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    expect(await counted()).toBe(BigInt(head));
    // Trades of before were not written again for its sake.
    expect(written.filter((pk) => pk === "TRADES#BTC-USDT").length).toBeLessThan(30);
  });

  test("and then keeps step with the others: one reading of the journal, one write of all watermarks", async () => {
    const all = projector([...PROJECTIONS, ENTRIES]);
    await trade({ exchange, clock, orders: 40, seed: 3 });
    await all.run(Number.POSITIVE_INFINITY);
    const calls: string[] = [];
    const store = hookedStore(exchange.store, {
      before: (call) => {
        if (call.operation === "query" && call.input.pk === "BTC-USDT") calls.push("journal");
        if (call.operation === "write" || call.operation === "transact") calls.push("watermarks");
        return undefined;
      },
    });
    const warm = projector([...PROJECTIONS, ENTRIES], store);
    await warm.run(Number.POSITIVE_INFINITY);
    await trade({ exchange, clock, orders: 3, seed: 4 });
    calls.length = 0;
    await warm.run(Number.POSITIVE_INFINITY);
    expect(calls).toEqual(["journal", "watermarks"]);
  });

  test("begins after a version where it says so", async () => {
    await trade({ exchange, clock, orders: 60, seed: 5 });
    await projector([{ ...ENTRIES, after: 12 }]).run(Number.POSITIVE_INFINITY);
    expect((await seen())[0]).toBe(13);
    expect(await counted()).toBe(BigInt((await seen()).length));
  });

  test("is not moved by instances of an older program, which do not know it", async () => {
    const [older, newer] = [projector(PROJECTIONS), projector([...PROJECTIONS, ENTRIES])];
    let batches = 0;
    const afterBatch = async () =>
      void (await (batches++ % 3 === 0 ? newer : older).run(clock.nowMs() + (batches % 2) * 1_000));
    await trade({ exchange, clock, orders: 120, seed: 6, afterBatch });
    await newer.run(Number.POSITIVE_INFINITY);
    const head = Number((await summary()).version);
    expect(await seen()).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    expect(await counted()).toBe(BigInt(head));
  });

  test("keeps the snapshots that it may need, which the others need no longer", async () => {
    const snapshots = new SnapshotPicture(exchange, 3);
    const ahead = new Projector(MARKET, exchange, { projections: PROJECTIONS, pictures: [snapshots] });
    await trade({ exchange, clock, orders: 30, seed: 7 });
    await projector([ENTRIES]).run(Number.POSITIVE_INFINITY);
    const stands = lowestWatermark(await summary());
    const afterBatch = async () => void (await ahead.run(Number.POSITIVE_INFINITY));
    await afterBatch();
    await trade({ exchange, clock, orders: 90, seed: 8, afterBatch });
    const headers = (await snapshotHeaders("BTC-USDT", exchange)).map(({ sk }) => Number(sk));
    expect(headers.length).toBeGreaterThan(6);
    expect(headers.some((version) => version <= stands)).toBe(true);
    await projector([ENTRIES]).run(Number.POSITIVE_INFINITY);
    await trade({ exchange, clock, orders: 20, seed: 9, afterBatch });
    const left = (await snapshotHeaders("BTC-USDT", exchange)).map(({ sk }) => Number(sk));
    expect(left.length).toBeLessThan(headers.length);
  });
});

describe("the depth", () => {
  /** A book of so many levels on each side, and a version. */
  function bookOf(levels: number): MarketState {
    const state = new MarketState(MARKET);
    for (let index = 0; index < levels; index++) {
      for (const side of ["buy", "sell"] as const) {
        const priceTicks = BigInt(side === "buy" ? 100_000 - index : 100_001 + index);
        const terms = { id: `${side}${index}`, side, priceTicks, quantityLots: 1n } as const;
        state.book.add(toLive(termsOf(terms)));
      }
    }
    state.head = { ...state.head, version: 1 };
    return state;
  }
  const goOn = (state: MarketState, taken: readonly string[] = []) => {
    for (const id of taken) state.book.remove(id);
    state.head = { ...state.head, version: state.head.version + 1 };
  };
  const drawn = () =>
    exchange.store.get({ table: "market-data", key: { pk: "MARKET#BTC-USDT", sk: "DEPTH" } });

  test("is drawn once in many versions", async () => {
    const state = bookOf(10);
    const picture = new DepthPicture(exchange);
    for (let version = 1; version <= 70; version++) {
      await picture.draw(state);
      expect((await drawn())?.version).toBe(BigInt(version - ((version - 1) % 32)));
      goOn(state);
    }
  });

  test.each(["buy", "sell"] as const)(
    "is drawn at once where trades have used up the %s levels that were drawn beyond what clients see",
    async (side) => {
      const state = bookOf(2_000);
      const picture = new DepthPicture(exchange);
      await picture.draw(state);
      expect(JSON.parse(String((await drawn())?.[side === "buy" ? "bids" : "asks"]))).toHaveLength(1_500);
      const best = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => `${side}${from + index}`);
      goOn(state, best(0, 250));
      await picture.draw(state);
      expect((await drawn())?.version).toBe(1n);
      goOn(state, best(250, 1));
      await picture.draw(state);
      expect((await drawn())?.version).toBe(3n);
    },
  );

  test("is never replaced by an older one", async () => {
    const [newer, older] = [bookOf(20), bookOf(10)];
    newer.head = { ...newer.head, version: 9 };
    await new DepthPicture(exchange).draw(newer);
    await new DepthPicture(exchange).draw(older);
    expect((await drawn())?.version).toBe(9n);
  });
});
