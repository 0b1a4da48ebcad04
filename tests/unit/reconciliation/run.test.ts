import { beforeEach, describe, expect, test } from "vitest";
import { lowestWatermark, summaryKey } from "../../../lib/market-data/market-items.ts";
import { differenceOf } from "../../../lib/reconciliation/conservation.ts";
import { readReport, startReconciliation } from "../../../lib/reconciliation/report.ts";
import { continueRun, type RunPorts, readRuns, startRun } from "../../../lib/reconciliation/run.ts";
import { RUN, WATERMARK } from "../../../lib/reconciliation/run-item.ts";
import type { Item, Key } from "../../../lib/store/store.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { itemBytes } from "../../../scripts/bench/item-size.ts";
import { type RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { hookedStore, type StoreCall, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted } from "../../simulation/traders.ts";

const MARKETS = ["BTC-USDT", "ETH-USDT", "ETH-BTC"];
const BALANCED = { BTC: 0n, ETH: 0n, USDT: 0n };
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 2 }), { clock });
  await openAccounts(exchange);
  await trade({ exchange, clock, orders: 60, seed: 41, markets: MARKETS });
});

const start = (id = "RUN1", ports: RunPorts = exchange) => startRun(id, ports);
const goOn = (partMs = 0, ports: RunPorts = exchange) =>
  continueRun({ untilMs: clock.nowMs() + 60_000, partMs }, ports);

async function differences(): Promise<Record<string, bigint>> {
  const { report } = await readRuns(exchange);
  return Object.fromEntries([...(report?.sums ?? [])].map(([asset, sum]) => [asset, differenceOf(sum)]));
}

async function summaryOf(market: string): Promise<Item | undefined> {
  return await exchange.store.get({ table: "market-data", key: summaryKey(market) });
}

/** Trading goes on after every read of wallets. */
function whileGoingOn(orders = 4): RunPorts {
  let reads = 0;
  let busy = false;
  const after = async ({ operation }: StoreCall): Promise<void> => {
    if (busy || operation !== "scan") return;
    busy = true;
    await trade({ exchange, clock, orders, seed: 9_000 + reads++, markets: MARKETS });
    busy = false;
  };
  return { ...exchange, store: hookedStore(exchange.store, { after }) };
}

describe("a run of the reconciliation", () => {
  test("adds up all wallets, leaves its report and nothing else", async () => {
    await start();
    await goOn();
    const { report, run } = await readRuns(exchange);
    expect(report).toMatchObject({ id: "RUN1", wallets: 4 });
    expect(run).toBeUndefined();
    expect(await differences()).toEqual(BALANCED);
    for (const market of MARKETS) expect(await summaryOf(market)).not.toHaveProperty(WATERMARK);
  });

  test("is exact while trading goes on, in parts as small as can be", async () => {
    const ports = whileGoingOn();
    await start("RUN1", ports);
    await goOn(0, ports);
    expect(await differences()).toEqual(BALANCED);
  });

  test("that dies at any call is gone on with, and is exact", async () => {
    for (let deadly = 0; ; deadly++) {
      let calls = 0;
      const die = (): void => {
        if (calls++ === deadly) throw unavailable();
      };
      const ports = { ...exchange, store: hookedStore(exchange.store, { after: die }) };
      await start(`RUN${deadly}`);
      const died = await goOn(0, ports).then(
        () => false,
        () => true,
      );
      await trade({ exchange, clock, orders: 4, seed: 500 + deadly, markets: MARKETS });
      await goOn();
      expect((await readRuns(exchange)).report).toMatchObject({ id: `RUN${deadly}`, wallets: 4 });
      expect(await differences()).toEqual(BALANCED);
      if (!died && calls <= deadly) return;
    }
  });

  test("that several go on with at once counts every wallet once", async () => {
    const ports = whileGoingOn(2);
    await start("RUN1", ports);
    await Promise.all([goOn(0, ports), goOn(0, ports), goOn(0, ports)]);
    expect((await readRuns(exchange)).report?.wallets).toBe(4);
    expect(await differences()).toEqual(BALANCED);
  });

  test("started twice at once is one", async () => {
    const [one, other] = await Promise.all([start("A"), start("B")]);
    expect(one.id).toBe(other.id);
    expect((await start("C")).id).toBe(one.id);
  });

  test("keeps the snapshots that it needs until it is over", async () => {
    const { progress } = await start();
    await trade({ exchange, clock, orders: 30, seed: 77, markets: MARKETS });
    await exchange.project();
    for (const market of MARKETS)
      expect(lowestWatermark(await summaryOf(market))).toBe(progress.heads.get(market));
    await goOn();
    await exchange.project();
    for (const market of MARKETS)
      expect(lowestWatermark(await summaryOf(market))).toBeGreaterThan(progress.heads.get(market) ?? 0);
  });

  test("that reads a damaged journal is given up, says so, and stands in nobody's way", async () => {
    await start();
    await trade({ exchange, clock, orders: 20, seed: 78 });
    const { items } = await exchange.store.query({
      table: "journal",
      pk: "BTC-USDT",
      order: "descending",
      limit: 1,
    });
    const key = { pk: String(items[0]?.pk), sk: String(items[0]?.sk) };
    await exchange.store.write({ kind: "update", table: "journal", key, set: { body: new Uint8Array([1]) } });
    await expect(goOn()).rejects.toThrow("cannot be unpacked");
    expect(await readRuns(exchange)).toEqual({ report: undefined, run: undefined });
    const { lines } = exchange.log as RecordingLog;
    expect(lines.filter(({ event }) => event === "reconciliation_failed")).toHaveLength(1);
  });

  test("that finds money that is not accounted for says so", async () => {
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("BOB"),
      add: { "available:BTC": 1n },
    });
    await start();
    await goOn();
    expect(await differences()).toEqual({ ...BALANCED, BTC: 1n });
    const { lines } = exchange.log as RecordingLog;
    expect(lines.find(({ event }) => event === "money_not_conserved")).toMatchObject({
      fields: { id: "RUN1", assets: ["BTC"] },
    });
  });
});

describe("the report", () => {
  const read = (fresh: boolean, id = "ASKED") => readReport({ fresh, id }, exchange);

  test("is made where there is none, and then is the last one", async () => {
    const first = accepted(await read(false, "FIRST"));
    expect(first).toMatchObject({ id: "FIRST", balanced: true, running: null });
    clock.advance(1_000);
    expect(accepted(await read(false, "SECOND"))).toEqual(first);
  });

  test("asked for fresh was begun after the call, whatever was under way", async () => {
    await startReconciliation("OLD", exchange);
    await start("UNDER WAY");
    clock.advance(1_000);
    const askedMs = clock.nowMs();
    const report = accepted(await read(true));
    expect(report.id).toBe("ASKED");
    expect(Date.parse(report.time)).toBeGreaterThanOrEqual(askedMs);
  });

  test("tells of the run that is under way", async () => {
    await startReconciliation("OLD", exchange);
    const run = await start("NEW");
    expect(accepted(await read(false))).toMatchObject({
      id: "OLD",
      running: { id: "NEW", startedAt: new Date(run.startedMs).toISOString(), wallets: 0 },
    });
  });

  test("that takes longer than a caller may wait is the last one, or none yet; the run goes on", async () => {
    const slow = {
      ...exchange,
      store: hookedStore(exchange.store, {
        after: ({ operation }) => {
          if (operation === "scan") clock.advance(15_000);
        },
      }),
    };
    const ask = (fresh: boolean) => readReport({ fresh, id: "SLOW" }, slow);
    expect(await ask(false)).toMatchObject({ ok: false, refusal: { code: "UNAVAILABLE" } });
    for (let call = 0; (await ask(false)).ok === false; call++) expect(call).toBeLessThan(50);
    expect(accepted(await ask(true))).toMatchObject({ id: "SLOW", balanced: true, running: { id: "SLOW" } });
  });
});

describe("200,000 wallets", () => {
  const WALLETS = 200_000;
  const CALL_MS = 20;
  const INVOCATION_MS = 5_000;

  /** Wallets of people who all traded since the run began, which is the most that a run has to remember. */
  async function fill(store: MemoryStore, version: bigint): Promise<void> {
    const items: (Item & Key)[] = [];
    for (let index = 0; index < WALLETS; index++) {
      const userId = `01J0000000000000${String(index).padStart(10, "0")}`;
      items.push({
        ...walletKey(userId),
        revision: 1n,
        "available:USDT": 1_000n,
        "credited:USDT": 1_000n,
        "version:BTC-USDT": version,
        "version:ETH-USDT": version,
      });
    }
    await store.putMany(items.map((item) => ({ table: "wallets", item })));
  }

  test("are reconciled exactly in invocations of bounded time, calls and memory", async () => {
    const memory = new MemoryStore({ pageItems: 3_000 });
    exchange = new InProcessExchange(memory, { clock });
    await openAccounts(exchange);
    const { progress } = await start();
    await trade({ exchange, clock, orders: 30, seed: 5, markets: MARKETS });
    await fill(memory, BigInt(1 + (progress.heads.get("BTC-USDT") ?? 0)));
    let largest = 0;
    let remembered = 0;
    const after = ({ operation, input }: StoreCall): void => {
      clock.advance(CALL_MS);
      if (operation !== "transact") return;
      for (const write of input) {
        if (write.kind !== "put" || write.item.sk !== RUN.sk) continue;
        largest = Math.max(largest, itemBytes(write.item));
        const ahead = JSON.parse(String(write.item.ahead)) as Record<string, object>;
        const count = Object.values(ahead).reduce((sum, users) => sum + Object.keys(users).length, 0);
        remembered = Math.max(remembered, count);
      }
    };
    const ports = { ...exchange, store: hookedStore(memory, { after }) };
    let invocations = 0;
    for (; (await readRuns(exchange)).run !== undefined; invocations++) {
      const startedMs = clock.nowMs();
      await continueRun({ untilMs: startedMs + INVOCATION_MS, partMs: 100 }, ports);
      expect(clock.nowMs() - startedMs).toBeLessThan(INVOCATION_MS + 20 * CALL_MS);
      await trade({ exchange, clock, orders: 2, seed: 300 + invocations, markets: MARKETS });
    }
    expect(invocations).toBeGreaterThan(2);
    expect((await readRuns(exchange)).report?.wallets).toBe(WALLETS + 4);
    expect(await differences()).toEqual(BALANCED);
    // DynamoDB takes items of 400 KB.
    expect(largest).toBeLessThan(300_000);
    expect(remembered).toBeLessThanOrEqual(4_000);
  }, 60_000);
});
