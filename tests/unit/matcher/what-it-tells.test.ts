import { beforeEach, describe, expect, test } from "vitest";
import { cancelAllOrders } from "../../../lib/trading/cancel-order.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { VISIBILITY_MS } from "../../simulation/event-source.ts";
import {
  busy,
  firstTimes,
  hookedStore,
  type StoreCall,
  transacts,
  unavailable,
} from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { limit, openAccount } from "../../simulation/traders.ts";

const MARKET = "BTC-USDT";
let clock: VirtualClock;
let log: RecordingLog;
let metrics: string[];
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  log = new RecordingLog();
  metrics = [];
  const add = (name: string, unit: string, value: number) => void metrics.push(`${name} ${value} ${unit}`);
  exchange = new InProcessExchange(new MemoryStore(), { clock, log, metrics: { add } });
  for (const userId of ["ALICE", "BOB"])
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10" } });
});

const commits = (call: StoreCall) => transacts(call, ({ table }) => table === "journal");
const buy = (price = "50000") => limit(exchange, "ALICE", ["buy", price, "0.1"]);
const sell = () => limit(exchange, "BOB", ["sell", "50000", "0.1"]);
const linesOf = (event: string) => log.lines.filter((line) => line.event === event);

/** What is measured from here on. */
async function measured(during: () => Promise<unknown>): Promise<readonly string[]> {
  metrics.length = 0;
  await during();
  return metrics;
}

describe("a matcher", () => {
  test("tells of each committed batch: what it held and caused, how long it took", async () => {
    const orders = [await buy(), await sell()];
    const store = hookedStore(exchange.store, {
      before: (call) => void (commits(call) && clock.advance(30)),
    });
    expect(await measured(() => exchange.match(MARKET, exchange.newMatcher(MARKET, { store })))).toEqual([
      "CommitTime 30 Milliseconds",
      "Batches 1 Count",
      "BatchSize 2 Count",
      "Trades 1 Count",
    ]);
    const ids = orders.map(({ terms }) => terms.id);
    expect(linesOf("batch_committed")).toEqual([
      {
        level: "info",
        event: "batch_committed",
        fields: {
          market: MARKET,
          version: 1,
          commands: ids,
          correlationIds: ids,
          events: 4,
          trades: 1,
          orders: 2,
          wallets: 2,
          unfinished: false,
        },
      },
    ]);
  });

  test("tells how often a commit met others and had to be tried again", async () => {
    await buy();
    const answers = [() => busy(3, "conflict"), () => busy(3, "throttled")];
    const before = (call: StoreCall) => (commits(call) ? answers.shift()?.() : undefined);
    const store = hookedStore(exchange.store, { before });
    const told = await measured(() => exchange.match(MARKET, exchange.newMatcher(MARKET, { store })));
    expect(told.filter((each) => /^Co(nflicts|mmitRetries)/.test(each))).toEqual([
      "Conflicts 1 Count",
      "CommitRetries 1 Count",
      "Conflicts 0 Count",
      "CommitRetries 1 Count",
    ]);
    expect(linesOf("commit_refused")).toEqual([]);
  });

  test("tells why a commit was refused: another's version, its own whose answer was lost, an order that is not pending", async () => {
    const [one, two] = [exchange.newMatcher(MARKET), exchange.newMatcher(MARKET)];
    await buy();
    await exchange.match(MARKET, one);
    await buy();
    await exchange.match(MARKET, two);
    await buy();
    await exchange.match(MARKET, one);
    await buy();
    const after = firstTimes(1, commits, () => {
      throw unavailable();
    });
    await exchange.match(
      MARKET,
      exchange.newMatcher(MARKET, { store: hookedStore(exchange.store, { after }) }),
    );
    const order = await buy();
    await exchange.store.write({
      kind: "update",
      table: "orders",
      key: { pk: "USER#ALICE", sk: `ORDER#${order.terms.id}` },
      set: { status: "rejected" },
    });
    await exchange.match(MARKET);
    expect(linesOf("commit_refused").map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      { level: "info", market: MARKET, version: 2, kind: "fence_lost" },
      { level: "info", market: MARKET, version: 4, kind: "fence_ours" },
      { level: "info", market: MARKET, version: 5, kind: "not_pending" },
    ]);
  });

  test("tells that a recovery had too little time, and completes nothing", async () => {
    for (let entries = 0; entries < 3; entries++) {
      await buy();
      await exchange.match(MARKET);
    }
    await buy();
    const { commands } = exchange.receive(MARKET);
    const nowMs = clock.nowMs();
    const deadlines = { recoverBy: nowMs, planBy: nowMs + 500, commitBy: nowMs + 1_000 };
    const taken = await exchange.newMatcher(MARKET).take(commands, deadlines);
    expect(taken).toEqual({ completed: 0, ended: "time_up" });
    expect(linesOf("batch_interrupted")).toMatchObject([
      { level: "warn", fields: { market: MARKET, cause: "BTC-USDT is recovered up to version 3 only" } },
    ]);
  });

  test("tells of a command on which the engine threw, and completes it", async () => {
    const order = await buy();
    await exchange.match(MARKET);
    await buy();
    const [message] = exchange.receive(MARKET).commands;
    if (message === undefined) throw new Error("no message");
    const { id: orderId, side } = order.terms;
    const command = {
      kind: "cancel",
      id: "C1",
      orderId,
      userId: "BOB",
      side,
      hold: 1n,
      reason: "user",
    } as const;
    const batch = [{ ...message, id: "C1", command }];
    const told = await measured(() => exchange.newMatcher(MARKET).take(batch, exchange.deadlines()));
    expect(told).toContain("EngineFaults 1 Count");
    expect(linesOf("engine_fault")).toEqual([
      {
        level: "error",
        event: "engine_fault",
        fields: {
          market: MARKET,
          version: 2,
          commandId: "C1",
          cause: `Error: order ${orderId} is not of user BOB`,
        },
      },
    ]);
  });

  test("tells of the messages that an entry completes, not of those that were completed before", async () => {
    await buy();
    const matcher = exchange.newMatcher(MARKET);
    await matcher.take(exchange.receive(MARKET).commands, exchange.deadlines());
    clock.advance(VISIBILITY_MS);
    const order = await buy();
    const { commands } = exchange.receive(MARKET);
    const told = await measured(() => matcher.take(commands, exchange.deadlines()));
    expect(commands).toHaveLength(2);
    expect(told).toContain("BatchSize 1 Count");
    expect(linesOf("batch_committed").at(-1)?.fields).toMatchObject({ correlationIds: [order.terms.id] });
  });

  test("tells whether a command has still to be gone on with", async () => {
    for (let orders = 0; orders < 99; orders++) await buy("100");
    await exchange.match(MARKET);
    await cancelAllOrders(
      { userId: "ALICE", market: MARKET, operationId: "C1", correlationId: "c" },
      exchange,
    );
    log.lines.length = 0;
    await exchange.match(MARKET);
    expect(linesOf("batch_committed").map(({ fields }) => fields.unfinished)).toEqual([true, false]);
  });

  test("tells of a wallet that contradicts the journal", async () => {
    await buy();
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("ALICE"),
      set: { "locked:USDT": 1n },
    });
    await sell();
    expect(await measured(() => exchange.match(MARKET))).toContain("InvariantBroken 1 Count");
    expect(linesOf("invariant_broken")).toEqual([
      {
        level: "error",
        event: "invariant_broken",
        fields: {
          market: MARKET,
          users: ["ALICE"],
          cause: "Error: a wallet or order contradicts the journal",
        },
      },
    ]);
  });
});
