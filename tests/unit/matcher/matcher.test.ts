import { beforeEach, describe, expect, test } from "vitest";
import { entryKey, sealedFrom } from "../../../lib/journal/journal-items.ts";
import { gateKey } from "../../../lib/market/gate.ts";
import type { Matcher } from "../../../lib/matcher/matcher.ts";
import type { Command } from "../../../lib/matching/command.ts";
import { unseal } from "../../../lib/matching/entry.ts";
import { initialHold } from "../../../lib/matching/order.ts";
import { commandMessage } from "../../../lib/matching/wire/message.ts";
import { type OrderRecord, orderFrom, orderKey } from "../../../lib/orders/order-item.ts";
import type { Item, SlotReason, Write } from "../../../lib/store/store.ts";
import { cancelAllOrders, cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { voidOrder } from "../../../lib/trading/void-order.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { type RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { VISIBILITY_MS } from "../../simulation/event-source.ts";
import {
  busy,
  firstTimes,
  type Hooks,
  hookedStore,
  type StoreCall,
  transacts,
  unavailable,
} from "../../simulation/faulty-store.ts";
import { type Batch, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { balance, limit, openAccount, orderNow } from "../../simulation/traders.ts";

const MARKET = "BTC-USDT";
let clock: VirtualClock;
let exchange: InProcessExchange;
let metrics: Map<string, number>;

beforeEach(async () => {
  clock = new VirtualClock();
  metrics = new Map();
  const add = (name: string, _unit: string, value: number) =>
    void metrics.set(name, (metrics.get(name) ?? 0) + value);
  exchange = new InProcessExchange(new MemoryStore(), { clock, metrics: { add } });
  for (const userId of ["ALICE", "BOB", "CAROL"]) {
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10" } });
  }
});

const commits = (call: StoreCall) => transacts(call, ({ table }) => table === "journal");

/** A matcher whose store is under attack; every commit takes some time, so that nothing can go on for ever. */
function attacked(hooks: Hooks): Matcher {
  const before: Hooks["before"] = (call) => {
    if (commits(call)) clock.advance(10);
    return hooks.before?.(call);
  };
  return exchange.newMatcher(MARKET, { store: hookedStore(exchange.store, { ...hooks, before }) });
}

async function take(matcher: Matcher, batch: Batch): Promise<number> {
  return (await matcher.take(batch.commands, exchange.deadlines())).completed;
}

async function journal(): Promise<readonly ReturnType<typeof unseal>[]> {
  const { items } = await exchange.store.query({ table: "journal", pk: MARKET });
  return items.map((item) => unseal(sealedFrom(item)));
}

async function events(): Promise<string> {
  const kinds = (await journal()).map(({ events }) =>
    events.map((event) => (event.type === "ignored" ? `ignored:${event.reason}` : event.type)).join(" "),
  );
  return kinds.join(" | ");
}

const buy = (userId = "ALICE", price = "50000", quantity = "0.1") =>
  limit(exchange, userId, ["buy", price, quantity]);
const sell = (userId = "BOB", price = "50000", quantity = "0.1") =>
  limit(exchange, userId, ["sell", price, quantity]);
const now = (order: OrderRecord) => orderNow(order, exchange);

async function expectSound(): Promise<void> {
  await exchange.project();
  expect(await violations(exchange)).toEqual([]);
}

describe("a commit whose answer is lost", () => {
  test("after it took place > is known by its own fence, and counts once", async () => {
    const order = await buy();
    const matcher = attacked({
      after: firstTimes(1, commits, () => {
        throw unavailable();
      }),
    });
    expect(await exchange.match(MARKET, matcher)).toBe(1);
    expect(await now(order)).toMatchObject({ status: "open", version: 1 });
    await sell();
    expect(await exchange.match(MARKET, matcher)).toBe(1);
    expect(await events()).toBe("opened rested | opened filled");
    await expectSound();
  });

  test("before it took place > is sent again", async () => {
    const order = await buy();
    const matcher = attacked({
      before: firstTimes(2, commits, () => {
        throw unavailable();
      }),
    });
    expect(await exchange.match(MARKET, matcher)).toBe(1);
    expect(await now(order)).toMatchObject({ status: "open", version: 1 });
  });

  test("and whose fence cannot be read > fails, and whoever takes the batch next skips it", async () => {
    await buy();
    const batch = exchange.receive(MARKET);
    const lossy: Hooks = {
      after: firstTimes(1, commits, () => {
        throw unavailable();
      }),
      before: (call) => {
        if (call.operation === "get") throw unavailable();
        return undefined;
      },
    };
    await expect(take(attacked(lossy), batch)).rejects.toThrow(/adversary/);
    expect(await take(exchange.newMatcher(MARKET), batch)).toBe(1);
    expect(await journal()).toHaveLength(1);
    await expectSound();
  });
});

describe("a store that is busy", () => {
  test.each(["conflict", "throttled"] as const)(
    "with %s > gets the same transaction again until it takes it",
    async (code) => {
      await buy();
      const tried: (readonly Write[])[] = [];
      const matcher = attacked({
        before: (call) => {
          if (call.operation !== "transact" || tried.push(call.input) > 3) return undefined;
          return busy(call.input.length, code);
        },
      });
      expect(await exchange.match(MARKET, matcher)).toBe(1);
      expect(new Set(tried.map((writes) => JSON.stringify(writes, (_, value) => String(value)))).size).toBe(
        1,
      );
      expect(tried).toHaveLength(4);
      expect(metrics.get("CommitRetries")).toBe(3);
      expect(metrics.get("Conflicts")).toBe(code === "conflict" ? 3 : 0);
    },
  );

  test("for all of the time > gives the batch back, and nothing has happened", async () => {
    const order = await buy();
    const batch = exchange.receive(MARKET);
    let isBusy = true;
    const matcher = attacked({ before: (call) => (isBusy && commits(call) ? busy(3) : undefined) });
    const deadlines = exchange.deadlines();
    expect(await matcher.take(batch.commands, deadlines)).toEqual({ completed: 0, ended: "store_busy" });
    expect(clock.nowMs()).toBeLessThanOrEqual(deadlines.commitBy);
    expect((await now(order)).status).toBe("pending");
    isBusy = false;
    expect(await take(matcher, batch)).toBe(1);
    expect((await now(order)).status).toBe("open");
    await expectSound();
  });

  test("beside conditions that fail > the conditions count for nothing yet", async () => {
    const order = await buy();
    const matcher = attacked({
      before: firstTimes(1, commits, () => {
        const reasons: SlotReason[] = [{ code: "none" }, { code: "condition" }, { code: "conflict" }];
        return { ok: false as const, reasons };
      }),
    });
    await exchange.match(MARKET, matcher);
    expect((await now(order)).status).toBe("open");
    expect(await events()).toBe("opened rested");
  });
});

describe("two matchers of one market", () => {
  test("at one version > one writes it, the other recovers and goes on after it", async () => {
    const [one, two] = [exchange.newMatcher(MARKET), exchange.newMatcher(MARKET)];
    await buy("ALICE", "40000");
    await exchange.match(MARKET, one);
    await buy("ALICE", "41000");
    await exchange.match(MARKET, two);
    await sell("BOB", "41000");
    await exchange.match(MARKET, one);
    await sell("BOB", "40000");
    await exchange.match(MARKET, two);
    expect((await journal()).map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect((await exchange.store.scan({ table: "orders", index: "live" })).items).toEqual([]);
    await expectSound();
  });

  test("with the same batch at once > it is applied once, and both say that it is complete", async () => {
    await buy();
    await sell();
    const batch = exchange.receive(MARKET);
    const both = await Promise.all([
      take(exchange.newMatcher(MARKET), batch),
      take(exchange.newMatcher(MARKET), batch),
    ]);
    expect(both).toEqual([2, 2]);
    expect(await events()).toBe("opened rested opened filled");
    await expectSound();
  });

  test("of which one took the batch and a later one long ago > the other skips what it finds in the journal", async () => {
    await buy();
    const zombie = exchange.newMatcher(MARKET);
    const first = exchange.receive(MARKET);
    await take(exchange.newMatcher(MARKET), first);
    exchange.acknowledge(MARKET, first, 1);
    await cancelAllOrders(
      { userId: "ALICE", market: MARKET, operationId: "C1", correlationId: "c" },
      exchange,
    );
    await exchange.match(MARKET, exchange.newMatcher(MARKET));
    const again = await buy();
    await exchange.match(MARKET, exchange.newMatcher(MARKET));
    expect(await take(zombie, first)).toBe(1);
    expect(await journal()).toHaveLength(3);
    expect((await now(again)).status).toBe("open");
    await expectSound();
  });
});

describe("a batch that comes again", () => {
  test("whole > is skipped without a write", async () => {
    await buy();
    await sell();
    const batch = exchange.receive(MARKET);
    const writes: StoreCall[] = [];
    const matcher = attacked({ after: (call) => void (commits(call) && writes.push(call)) });
    expect(await take(matcher, batch)).toBe(2);
    expect(await take(matcher, batch)).toBe(2);
    expect(await take(exchange.newMatcher(MARKET), batch)).toBe(2);
    expect(writes).toHaveLength(1);
  });

  test("with new messages behind > only those are taken", async () => {
    await buy();
    const first = exchange.receive(MARKET);
    const matcher = exchange.newMatcher(MARKET);
    await take(matcher, first);
    clock.advance(VISIBILITY_MS);
    await sell();
    const both = exchange.receive(MARKET);
    expect(both.commands).toHaveLength(2);
    expect(await take(matcher, both)).toBe(2);
    expect(await events()).toBe("opened rested | opened filled");
  });

  test("of a command that did nothing > it left its entry, so that no stale instance can say so of another", async () => {
    const order = await buy();
    await exchange.match(MARKET);
    for (const id of ["C1", "C2"])
      await exchange.queue.send(MARKET, commandMessage(cancelCommand(order, id), "c"));
    await exchange.match(MARKET);
    expect(await events()).toBe("opened rested | closed ignored:order_closed");
  });
});

describe("an order that is not pending when its command comes", () => {
  test("because it was voided > is dropped, and the others of its batch are not", async () => {
    const [first, voided, last] = [await buy(), await buy("BOB"), await buy("CAROL")];
    const market = exchange.catalogue.markets.get(MARKET);
    if (market === undefined) throw new Error("no market");
    expect(await voidOrder(voided, { market, forget: true }, exchange)).toBe(true);
    await exchange.match(MARKET);
    expect((await now(voided)).status).toBe("rejected");
    expect([(await now(first)).status, (await now(last)).status]).toEqual(["open", "open"]);
    expect(await events()).toBe("opened rested ignored:not_pending opened rested");
    expect(await voidOrder(first, { market, forget: true }, exchange)).toBe(false);
    await expectSound();
  });

  test("because another one than the batch's first cancelled it > costs one more attempt for all of them", async () => {
    const orders = [await buy(), await buy("BOB"), await buy("CAROL"), await sell("BOB", "60000")];
    const market = exchange.catalogue.markets.get(MARKET);
    for (const order of [orders[1], orders[3]] as OrderRecord[])
      if (market !== undefined) await voidOrder(order, { market, forget: false }, exchange);
    let attempts = 0;
    await exchange.match(
      MARKET,
      attacked({ before: (call) => void (commits(call) && attempts++) as undefined }),
    );
    expect(attempts).toBe(2);
    expect((await journal())[0]?.commands).toHaveLength(4);
    await expectSound();
  });
});

describe("a queue that was created anew", () => {
  test("with numbers below the old ones > loses none of its first commands", async () => {
    await buy();
    await buy("BOB");
    const warm = exchange.newMatcher(MARKET);
    await exchange.match(MARKET, warm);
    clock.advance(61_000);
    exchange.createQueue(MARKET, 1n);
    const order = await buy("CAROL");
    expect(await exchange.match(MARKET, warm)).toBe(1);
    expect((await now(order)).status).toBe("open");
    const cold = await sell("BOB", "60000");
    await exchange.match(MARKET, exchange.newMatcher(MARKET));
    expect((await now(cold)).status).toBe("open");
    expect((await journal()).map(({ epoch }) => epoch)).toEqual(["epoch-1", "epoch-4", "epoch-4"]);
    await expectSound();
  });

  test("with numbers above the old ones > is told apart, and a message of the old one is not applied again", async () => {
    const cancelAll = { userId: "ALICE", market: MARKET, operationId: "C1", correlationId: "c" };
    const warm = exchange.newMatcher(MARKET);
    await cancelAllOrders(cancelAll, exchange);
    const old = exchange.receive(MARKET);
    await take(warm, old);
    clock.advance(61_000);
    exchange.createQueue(MARKET, 1_000_000n);
    const order = await buy();
    await exchange.match(MARKET, exchange.newMatcher(MARKET));
    // The old queue's cancel of all comes once more; what was ordered since must stay.
    expect(await take(warm, old)).toBe(1);
    expect((await now(order)).status).toBe("open");
    expect(await journal()).toHaveLength(2);
  });

  test("with numbers below the old ones > a message of the old one, which looks new, is dropped", async () => {
    const cancelAll = { userId: "ALICE", market: MARKET, operationId: "C1", correlationId: "c" };
    await cancelAllOrders(cancelAll, exchange);
    const old = exchange.receive(MARKET);
    await take(exchange.newMatcher(MARKET), old);
    clock.advance(61_000);
    exchange.createQueue(MARKET, 1n);
    const order = await buy();
    await exchange.match(MARKET, exchange.newMatcher(MARKET));
    expect(await take(exchange.newMatcher(MARKET), old)).toBe(1);
    expect((await now(order)).status).toBe("open");
    expect(await journal()).toHaveLength(2);
  });

  test("is looked up again as soon as the journal names it", async () => {
    await buy();
    const warm = exchange.newMatcher(MARKET);
    await exchange.match(MARKET, warm);
    exchange.createQueue(MARKET, 1_000_000n);
    await buy("CAROL");
    const batch = exchange.receive(MARKET);
    await take(exchange.newMatcher(MARKET), batch);
    expect(await take(warm, batch)).toBe(1);
    expect((await journal()).map(({ epoch }) => epoch)).toEqual(["epoch-1", "epoch-4"]);
  });
});

describe("the identity of the queue", () => {
  test("is read once in 45 seconds while the journal names the same one", async () => {
    let reads = 0;
    const epoch = (market: string) => {
      reads++;
      return exchange.queue.epoch(market);
    };
    const matcher = exchange.newMatcher(MARKET, { queue: { ...exchange.queue, epoch } });
    const readsAt = async (ms: number) => {
      clock.advance(startMs + ms - clock.nowMs());
      await buy();
      reads = 0;
      await take(matcher, await receiveAndAcknowledge());
      return reads;
    };
    const startMs = clock.nowMs();
    expect([await readsAt(0), await readsAt(0), await readsAt(44_999)]).toEqual([1, 0, 0]);
    expect([await readsAt(45_000), await readsAt(45_000), await readsAt(89_999)]).toEqual([1, 0, 0]);
    expect(await readsAt(90_000)).toBe(1);
  });

  async function receiveAndAcknowledge(): Promise<Batch> {
    const batch = exchange.receive(MARKET);
    exchange.acknowledge(MARKET, batch, batch.deliveries.length);
    return batch;
  }
});

describe("the last moment to begin an entry", () => {
  const timeUp = { completed: 0, ended: "time_up" };

  test("> when it has come, nothing is read or begun", async () => {
    await buy();
    const { commands } = exchange.receive(MARKET);
    const calls: StoreCall[] = [];
    const matcher = attacked({ before: (call) => void calls.push(call) });
    expect(await matcher.take(commands, { ...exchange.deadlines(), planBy: clock.nowMs() })).toEqual(timeUp);
    expect(calls).toEqual([]);
  });

  test.each([
    [99, 1],
    [100, 0],
  ])("100 ms away > an entry follows a recovery that took %d ms: %d", async (recoveryMs, entries) => {
    await buy();
    const { commands } = exchange.receive(MARKET);
    const deadlines = { ...exchange.deadlines(), planBy: clock.nowMs() + 100 };
    const slow = firstTimes(
      1,
      ({ operation }) => operation === "query",
      () => clock.advance(recoveryMs),
    );
    const before = (call: StoreCall) => void slow(call);
    const store = hookedStore(exchange.store, { before });
    const taken = await exchange.newMatcher(MARKET, { store }).take(commands, deadlines);
    expect(taken).toEqual(entries === 0 ? timeUp : { completed: 1, ended: "all_done" });
    expect(await journal()).toHaveLength(entries);
  });
});

describe("a command that does not fit into its time", () => {
  async function deepBook(makers: number): Promise<void> {
    for (let index = 0; index < makers; index++) {
      await openAccount(exchange, { userId: `MAKER${index}`, funds: { BTC: "1" } });
      await sell(`MAKER${index}`, "100", "0.1");
    }
    await exchange.match(MARKET);
  }

  test("is cut, and whoever takes its message next finishes it", async () => {
    await deepBook(120);
    const sweep = await buy("ALICE", "100", "12");
    const batch = exchange.receive(MARKET);
    const nowMs = clock.nowMs();
    expect(await attacked({}).take(batch.commands, { ...exchange.deadlines(), planBy: nowMs + 5 })).toEqual({
      completed: 0,
      ended: "time_up",
    });
    expect(await now(sweep)).toMatchObject({ status: "partially_filled", filledLots: 48_000n });
    expect(await take(exchange.newMatcher(MARKET), batch)).toBe(1);
    expect(await now(sweep)).toMatchObject({ status: "filled", filledLots: 120_000n });
    await expectSound();
  });

  test("goes on without a pause, delivery by delivery, however long it takes", async () => {
    await deepBook(600);
    const sweep = await buy("ALICE", "100", "60");
    const startedMs = clock.nowMs();
    // As slow as a sweep ten times as deep at 60 ms a commit.
    const matcher = attacked({
      before: (call) => {
        if (commits(call)) clock.advance(590);
        return undefined;
      },
    });
    await exchange.match(MARKET, matcher);
    expect(await now(sweep)).toMatchObject({ status: "filled", filledLots: 600_000n });
    const commitsMs = 600 * Math.ceil(600 / 48);
    expect(clock.nowMs() - startedMs).toBeLessThanOrEqual(commitsMs);
    await expectSound();
  });

  test("is resumed once by two at once", async () => {
    await deepBook(120);
    const sweep = await buy("ALICE", "100", "12");
    const batch = exchange.receive(MARKET);
    const both = await Promise.all([
      take(exchange.newMatcher(MARKET), batch),
      take(exchange.newMatcher(MARKET), batch),
    ]);
    expect(both).toEqual([1, 1]);
    expect(await now(sweep)).toMatchObject({ status: "filled", filledLots: 120_000n });
    await expectSound();
  });

  test("whose taker's wallet contradicts the journal is suspended in the middle, and the market is halted", async () => {
    await deepBook(120);
    const sweep = await buy("ALICE", "100", "12");
    const batch = exchange.receive(MARKET);
    const nowMs = clock.nowMs();
    await attacked({}).take(batch.commands, { ...exchange.deadlines(), planBy: nowMs + 5 });
    await corruptWallet("ALICE", "locked:USDT");
    expect(await take(attacked({}), batch)).toBe(1);
    expect(await now(sweep)).toMatchObject({
      status: "partially_filled",
      reason: "suspended",
      filledLots: 48_000n,
    });
    expect(await gate()).toBe("halted");
  });
});

async function corruptWallet(userId: string, attribute: string): Promise<void> {
  await exchange.store.write({
    kind: "update",
    table: "wallets",
    key: walletKey(userId),
    set: { [attribute]: 1n },
  });
}

function cancelCommand({ terms }: OrderRecord, id: string): Command {
  const market = exchange.catalogue.markets.get(MARKET);
  if (market === undefined) throw new Error("no market");
  const { id: orderId, userId, side } = terms;
  return { kind: "cancel", id, orderId, userId, side, hold: initialHold(market, terms), reason: "user" };
}

async function gate(): Promise<unknown> {
  return (await exchange.store.get({ table: "market-data", key: gateKey(MARKET) }))?.status;
}

async function stored(order: OrderRecord): Promise<Item | undefined> {
  return await exchange.store.get({ table: "orders", key: orderKey(order.terms.userId, order.terms.id) });
}

describe("a contradiction between the journal and the tables", () => {
  test("that recovery mends > leaves no trace", async () => {
    const maker = await sell();
    const taker = await buy();
    const lie: SlotReason[] = [{ code: "none" }, { code: "none" }, { code: "none" }, { code: "condition" }];
    await exchange.match(
      MARKET,
      attacked({ before: firstTimes(1, commits, () => ({ ok: false as const, reasons: lie })) }),
    );
    expect([(await now(maker)).status, (await now(taker)).status]).toEqual(["filled", "filled"]);
    expect(await gate()).toBeUndefined();
    await expectSound();
  });

  test("of a maker's wallet > suspends that order, halts the market, and completes the command", async () => {
    const maker = await sell();
    await exchange.match(MARKET);
    await corruptWallet("BOB", "locked:BTC");
    const other = await buy("CAROL", "40000");
    const taker = await buy();
    expect(await exchange.match(MARKET, attacked({}))).toBe(2);
    expect(await now(maker)).toMatchObject({ status: "open", reason: "suspended" });
    expect((await now(other)).status).toBe("open");
    expect(await now(taker)).toMatchObject({ status: "rejected", reason: "market_halted" });
    expect(await gate()).toBe("halted");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    expect(metrics.get("InvariantBroken")).toBe(1);
    const { lines } = exchange.log as RecordingLog;
    expect(lines.find(({ event }) => event === "invariant_broken")).toMatchObject({
      level: "error",
      fields: { users: ["BOB"] },
    });
  });

  test("of a taker's wallet > suspends the new order, which has not traded", async () => {
    await sell();
    await exchange.match(MARKET);
    const taker = await buy();
    await corruptWallet("ALICE", "locked:USDT");
    expect(await exchange.match(MARKET, attacked({}))).toBe(1);
    expect(await now(taker)).toMatchObject({ status: "open", reason: "suspended", filledLots: 0n });
    expect(await gate()).toBe("halted");
  });

  test("of the wallet of an order that is cancelled > suspends it", async () => {
    const order = await buy();
    await exchange.match(MARKET);
    await corruptWallet("ALICE", "locked:USDT");
    await cancelOrder(
      { userId: "ALICE", orderId: order.terms.id, operationId: "C1", correlationId: "c" },
      exchange,
    );
    expect(await exchange.match(MARKET, attacked({}))).toBe(1);
    expect(await now(order)).toMatchObject({ status: "open", reason: "suspended" });
    expect(await gate()).toBe("halted");
  });

  test("of the wallet of a pending order that is cancelled > completes the cancel as a no-op", async () => {
    const order = await buy();
    exchange.createQueue(MARKET, 1n);
    await corruptWallet("ALICE", "locked:USDT");
    await cancelOrder(
      { userId: "ALICE", orderId: order.terms.id, operationId: "C1", correlationId: "c" },
      exchange,
    );
    expect(await exchange.match(MARKET, attacked({}))).toBe(1);
    expect(await events()).toBe("ignored:suspended");
    expect((await now(order)).status).toBe("pending");
    expect(metrics.get("InvariantBroken")).toBe(1);
  });

  test("of an order that the table shows as closed > suspends it and goes on", async () => {
    const maker = await sell();
    await exchange.match(MARKET);
    const key = orderKey("BOB", maker.terms.id);
    await exchange.store.write({
      kind: "update",
      table: "orders",
      key,
      set: { status: "cancelled" },
      remove: ["liveUserId"],
    });
    const taker = await buy();
    expect(await exchange.match(MARKET, attacked({}))).toBe(1);
    expect(await now(maker)).toMatchObject({ reason: "suspended" });
    expect(await now(taker)).toMatchObject({ status: "rejected", reason: "market_halted" });
    expect(await gate()).toBe("halted");
  });

  test("of an order that the table has lost > suspends it and goes on", async () => {
    const maker = await sell();
    await exchange.match(MARKET);
    await exchange.store.write({ kind: "delete", table: "orders", key: orderKey("BOB", maker.terms.id) });
    await buy();
    expect(await exchange.match(MARKET, attacked({}))).toBe(1);
    expect(await events()).toBe("opened rested | suspended status_set opened closed");
  });
});

describe("what failed attempts have shown", () => {
  test("on a state that another consumer has overtaken > is dropped with it", async () => {
    const maker = await sell();
    await exchange.match(MARKET);
    await corruptWallet("BOB", "locked:BTC");
    const taker = await buy();
    const batch = exchange.receive(MARKET);
    let refused = 0;
    // Just before it would suspend the maker's order, another consumer commits, and somebody mends the wallet.
    const matcher = attacked({
      before: async (call) => {
        if (!commits(call) || ++refused !== 3) return undefined;
        await exchange.store.write({
          kind: "update",
          table: "wallets",
          key: walletKey("BOB"),
          set: { "locked:BTC": 10_000_000n },
        });
        await take(exchange.newMatcher(MARKET), batch);
        return undefined;
      },
    });
    expect(await take(matcher, batch)).toBe(1);
    exchange.acknowledge(MARKET, batch, 1);
    expect([(await now(maker)).status, (await now(taker)).status]).toEqual(["filled", "filled"]);
    expect(await gate()).toBeUndefined();
    expect(await events()).toBe("opened rested | opened filled");
    const next = await buy("CAROL", "40000");
    expect(await exchange.match(MARKET, matcher)).toBe(1);
    expect((await now(next)).status).toBe("open");
    await expectSound();
  });

  test("when the time is up in the middle > is not found out anew with the next delivery", async () => {
    const maker = await sell();
    await exchange.match(MARKET);
    await corruptWallet("BOB", "locked:BTC");
    await buy();
    // Each attempt takes so long that one invocation has time for two.
    const matcher = attacked({
      before: (call) => {
        if (commits(call)) clock.advance(1_600);
        return undefined;
      },
    });
    expect(await exchange.match(MARKET, matcher)).toBe(1);
    expect(await now(maker)).toMatchObject({ reason: "suspended" });
  });

  test("of an order > counts for every cancel of it, also in the next batch", async () => {
    const [order, other] = [await buy(), await buy("BOB")];
    for (let index = 0; index < 12; index++)
      await exchange.queue.send(MARKET, commandMessage(cancelCommand(order, `C${index}`), "c"));
    const market = exchange.catalogue.markets.get(MARKET);
    if (market !== undefined) await voidOrder(order, { market, forget: false }, exchange);
    let attempts = 0;
    await exchange.match(
      MARKET,
      attacked({ before: (call) => void (commits(call) && attempts++) as undefined }),
    );
    expect(attempts).toBe(3);
    expect(await journal()).toHaveLength(2);
    expect((await now(other)).status).toBe("open");
    await expectSound();
  });
});

describe("what its own commits have shown", () => {
  test("of an order that one of them ended > a later cancel needs no failed attempt", async () => {
    const order = await buy();
    let attempts = 0;
    const matcher = attacked({ before: (call) => void (commits(call) && attempts++) });
    for (const id of ["C1", "C2"]) {
      await exchange.queue.send(MARKET, commandMessage(cancelCommand(order, id), "c"));
      await exchange.match(MARKET, matcher);
    }
    expect(await events()).toBe("opened rested closed | ignored:order_closed");
    expect(attempts).toBe(2);
  });
});

describe("a fault that nobody knows", () => {
  test("> fails the batch, drops the book, and the next take begins with the journal", async () => {
    const order = await buy();
    const batch = exchange.receive(MARKET);
    const matcher = attacked({
      before: firstTimes(1, commits, () => {
        throw new RangeError("a bug");
      }),
    });
    await expect(take(matcher, batch)).rejects.toBeInstanceOf(RangeError);
    expect(await take(matcher, batch)).toBe(1);
    expect((await now(order)).status).toBe("open");
    expect(await exchange.store.get({ table: "journal", key: entryKey(MARKET, 1) })).toBeDefined();
    expect(orderFrom((await stored(order)) as Item).version).toBe(1);
    await expectSound();
  });
});
