import { beforeEach, describe, expect, test } from "vitest";
import { type ResolveOrder, resolveOrder } from "../../../lib/admin/resolve-order.ts";
import { setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import type { Result } from "../../../lib/contract/refusal.ts";
import { type OrderRecord, orderKey } from "../../../lib/orders/order-item.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../../lib/trading/sweep.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey, walletWrite } from "../../../lib/wallet/wallet-item.ts";
import { type RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, limit, openAccount, orderNow, place } from "../../simulation/traders.ts";

const BTC = 10n ** 8n;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 2 }), { clock });
  for (const userId of ["ALICE", "BOB"])
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10" } });
});

type Ports = Parameters<typeof resolveOrder>[1];

function resolve(
  order: OrderRecord,
  action: "release" | "cancel",
  { operationId = exchange.random.id(clock.nowMs()), ...change }: Partial<ResolveOrder> = {},
  ports: Ports = exchange,
) {
  const { userId, id: orderId } = order.terms;
  const ids = { operationId, correlationId: "c", requestId: "r" };
  return resolveOrder(
    { userId, orderId, action, reason: "looked into", actor: "ADMIN", ...ids, ...change },
    ports,
  );
}

function said(result: Result<{ readonly status: string }>): string {
  return result.ok ? result.value.status : `${result.refusal.code} ${result.refusal.message ?? ""}`.trim();
}

async function takeLocked(userId: string, units: bigint): Promise<void> {
  await exchange.store.write(walletWrite(userId, new Map([["BTC", { locked: -units }]])));
}

async function openMarket(status: "open" | "halted" = "open"): Promise<void> {
  const operationId = exchange.random.id(clock.nowMs());
  const ids = { operationId, correlationId: "c", requestId: "r" };
  accepted(await setMarketStatus({ market: "BTC-USDT", status, actor: "ADMIN", ...ids }, exchange));
  await exchange.matchAll();
}

/** ALICE sells 3 BTC, of which 1 is sold; then so much of her locked BTC is stolen, and a buyer finds out. */
async function suspended(stolen = 2n * BTC): Promise<OrderRecord> {
  const order = await limit(exchange, "ALICE", ["sell", "100", "3"]);
  await limit(exchange, "BOB", ["buy", "100", "1"]);
  await exchange.matchAll();
  await takeLocked("ALICE", stolen);
  const buyer = await limit(exchange, "BOB", ["buy", "100", "2"]);
  await exchange.matchAll();
  expect(await orderNow(order, exchange)).toMatchObject({ status: "partially_filled", reason: "suspended" });
  expect(await orderNow(buyer, exchange)).toMatchObject({ status: "rejected", reason: "market_halted" });
  return order;
}

async function records() {
  const { items } = await exchange.store.query({
    table: "audit",
    index: "actor",
    pk: "ADMIN",
  });
  const details = items.map((item) => ({ action: item.action, ...JSON.parse(String(item.details)) }));
  return details.filter(({ action }) => String(action).startsWith("suspended_order"));
}

describe("cancelling a suspended order", () => {
  test("gives back what the wallet has of its hold, closes it, and writes down what was missing", async () => {
    const order = await suspended(2n * BTC - BTC / 2n);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("7 + 0.5");
    expect(said(await resolve(order, "cancel"))).toBe("cancelled");
    expect(await orderNow(order, exchange)).toMatchObject({ status: "cancelled", reason: "admin" });
    expect(await balance(exchange, "ALICE", "BTC")).toBe("7.5 + 0");
    expect(await records()).toMatchObject([
      {
        action: "suspended_order_cancelled",
        reason: "looked into",
        hold: "2",
        released: "0.5",
        shortfall: "1.5",
      },
    ]);
    const { lines } = exchange.log as RecordingLog;
    expect(lines.filter(({ event }) => event === "suspended_order_cancelled_short")).toMatchObject([
      { level: "warn", fields: { shortfall: "1.5" } },
    ]);
    // What was stolen stays so; all else is sound.
    expect(await violations(exchange)).toEqual([expect.stringMatching(/^BTC is not conserved/)]);
  });

  test("leaves what other orders and withdrawals of the user hold", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    await limit(exchange, "ALICE", ["sell", "200", "1"]);
    const withdrawal = { userId: "ALICE", asset: "BTC", amount: "2", address: "x", operationId: "W1" };
    accepted(await requestWithdrawal(withdrawal, exchange));
    await takeLocked("ALICE", BTC);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("4 + 4");
    expect(said(await resolve(order, "cancel"))).toBe("cancelled");
    expect(await balance(exchange, "ALICE", "BTC")).toBe("5 + 3");
  });

  test("takes place once, whoever asks again", async () => {
    const order = await suspended(0n + BTC);
    const operationId = exchange.random.id(clock.nowMs());
    const both = await Promise.all([resolve(order, "cancel", { operationId }), resolve(order, "cancel")]);
    expect(both.map(said).sort()).toEqual([
      "CONFLICT Only a suspended order is resolved; this one is cancelled",
      "cancelled",
    ]);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("8 + 0");
    const isFirstDone = both[0]?.ok === true;
    expect(said(await resolve(order, "cancel", { operationId }))).toMatch(
      isFirstDone ? /^cancelled/ : /^CONFLICT/,
    );
    expect(await records()).toHaveLength(1);
  });

  test("whose answer is lost is one cancellation", async () => {
    const order = await suspended(BTC);
    const lost = firstTimes(
      1,
      ({ operation }) => operation === "transact",
      () => {
        throw unavailable();
      },
    );
    const store = hookedStore(exchange.store, { after: lost });
    expect(said(await resolve(order, "cancel", {}, { ...exchange, store }))).toBe("cancelled");
    expect(await balance(exchange, "ALICE", "BTC")).toBe("8 + 0");
    expect(await records()).toHaveLength(1);
  });

  test("looks again where the wallet changes meanwhile, and gives up where it never rests", async () => {
    const order = await suspended(BTC);
    const touch = async (): Promise<undefined> => {
      await exchange.store.write(walletWrite("ALICE", new Map()));
      return undefined;
    };
    const isTransaction = ({ operation }: { readonly operation: string }) => operation === "transact";
    const restless = hookedStore(exchange.store, {
      before: (call) => (isTransaction(call) ? touch() : undefined),
    });
    expect(said(await resolve(order, "cancel", {}, { ...exchange, store: restless }))).toMatch(
      /^UNAVAILABLE/,
    );
    const neverRead = hookedStore(exchange.store, {
      after: async ({ operation }) => void (operation === "query" && (await touch())),
    });
    expect(said(await resolve(order, "cancel", {}, { ...exchange, store: neverRead }))).toMatch(
      /^UNAVAILABLE/,
    );
    const once = hookedStore(exchange.store, { before: firstTimes(1, isTransaction, touch) });
    expect(said(await resolve(order, "cancel", {}, { ...exchange, store: once }))).toBe("cancelled");
  });
});

describe("releasing a suspended order", () => {
  test("lets what is left of it in again, behind all others at its price", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    await openAccount(exchange, { userId: "CAROL", funds: { BTC: "10" } });
    const carols = await limit(exchange, "CAROL", ["sell", "100", "1"]);
    await exchange.matchAll();
    expect(said(await resolve(order, "release"))).toBe("partially_filled");
    await exchange.matchAll();
    const now = await orderNow(order, exchange);
    expect(now).toMatchObject({ status: "partially_filled" });
    expect(now.reason).toBeUndefined();
    await limit(exchange, "BOB", ["buy", "100", "2"]);
    await exchange.matchAll();
    expect((await orderNow(carols, exchange)).status).toBe("filled");
    expect(await orderNow(order, exchange)).toMatchObject({
      status: "partially_filled",
      filledLots: 20_000n,
    });
    expect(await balance(exchange, "ALICE", "BTC")).toBe("7 + 1");
    expect(await records()).toMatchObject([{ action: "suspended_order_release_requested", hold: "2" }]);
    expect(await violations(exchange)).toEqual([]);
  });

  test("trades at once with what it meets", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    await limit(exchange, "BOB", ["buy", "101", "2"]);
    await exchange.matchAll();
    await resolve(order, "release");
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ status: "filled" });
    expect((await orderNow(order, exchange)).reason).toBeUndefined();
    expect(await violations(exchange)).toEqual([]);
  });

  test("is refused while the market is halted, the account frozen, or the wallet short, and says what to do", async () => {
    const order = await suspended();
    expect(said(await resolve(order, "release"))).toMatch(/^CONFLICT The market is halted; open it/);
    await openMarket();
    const wallet = { kind: "update", table: "wallets", key: walletKey("ALICE") } as const;
    await exchange.store.write({ ...wallet, set: { frozen: true } });
    expect(said(await resolve(order, "release"))).toMatch(/^CONFLICT The account is frozen; unfreeze it/);
    await exchange.store.write({ ...wallet, remove: ["frozen"] });
    expect(said(await resolve(order, "release"))).toBe(
      "CONFLICT The wallet holds 0 of the 2 BTC that the order needs; cancel the order",
    );
    expect(await records()).toEqual([]);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
  });

  test("into a market that halts before its turn leaves it suspended, and can be repeated", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    const commands: Parameters<typeof exchange.queue.send>[] = [];
    const send: Ports["queue"]["send"] = async (...call) => void commands.push(call);
    await resolve(order, "release", {}, { ...exchange, queue: { send } });
    await openMarket("halted");
    for (const command of commands) await exchange.queue.send(...command);
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ reason: "suspended" });
    await openMarket();
    await resolve(order, "release");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).reason).toBeUndefined();
    expect(await violations(exchange)).toEqual([]);
  });

  test("twice at once, or once more when it has traded, lets it in once", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    const operationId = exchange.random.id(clock.nowMs());
    await Promise.all([resolve(order, "release"), resolve(order, "release", { operationId })]);
    await exchange.matchAll();
    await limit(exchange, "BOB", ["buy", "100", "2"]);
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("filled");
    clock.advance(6 * 60_000);
    const again = [await resolve(order, "release"), await resolve(order, "release", { operationId })];
    expect(again.map(said)).toContain("CONFLICT Only a suspended order is resolved; this one is filled");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).filledLots).toBe(30_000n);
    expect(await violations(exchange)).toEqual([]);
  });

  test("of which a copy comes when the order is suspended again > does nothing", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    const copies: Parameters<typeof exchange.queue.send>[] = [];
    const send: Ports["queue"]["send"] = async (...call) => {
      copies.push(call);
      await exchange.queue.send(...call);
    };
    await resolve(order, "release", {}, { ...exchange, queue: { send } });
    await exchange.matchAll();
    await takeLocked("ALICE", 2n * BTC);
    await limit(exchange, "BOB", ["buy", "100", "2"]);
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ reason: "suspended" });
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    clock.advance(6 * 60_000);
    for (const copy of copies) await exchange.queue.send(...copy);
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ reason: "suspended" });
    expect(await violations(exchange)).toEqual([]);
  });

  test("with a queue that cannot be reached leaves it suspended, and the same call sends it", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    const send = async () => {
      throw new QueueUnavailable("nobody answers");
    };
    const operationId = exchange.random.id(clock.nowMs());
    const dead = { ...exchange, queue: { send } };
    expect(said(await resolve(order, "release", { operationId }, dead))).toMatch(/^UNAVAILABLE/);
    expect(said(await resolve(order, "release", { operationId }))).toBe("partially_filled");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).reason).toBeUndefined();
    expect(said(await resolve(order, "release", { operationId }))).toBe("partially_filled");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(await records()).toHaveLength(1);
  });

  test("into a wallet that is robbed again > suspends it again", async () => {
    const order = await suspended();
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    await limit(exchange, "BOB", ["buy", "100", "2"]);
    await exchange.matchAll();
    await resolve(order, "release");
    await takeLocked("ALICE", 2n * BTC);
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({
      status: "partially_filled",
      reason: "suspended",
    });
    expect(said(await resolve(order, "cancel"))).toBe("cancelled");
  });
});

describe("only a suspended order is resolved", () => {
  test("none that is unknown, and none that is live or closed", async () => {
    const order = await limit(exchange, "ALICE", ["sell", "100", "3"]);
    expect(said(await resolve(order, "cancel", { orderId: "NONE" }))).toBe("NOT_FOUND Order not found");
    expect(said(await resolve(order, "cancel", { userId: "BOB" }))).toBe("NOT_FOUND Order not found");
    expect(said(await resolve(order, "cancel"))).toMatch(/^CONFLICT .* is pending/);
    await exchange.matchAll();
    expect(said(await resolve(order, "release"))).toMatch(/^CONFLICT .* is open/);
  });

  test("its owner's cancel does nothing to it", async () => {
    const order = await suspended();
    const cancel = { userId: "ALICE", orderId: order.terms.id, operationId: "C1", correlationId: "c" };
    accepted(await cancelOrder(cancel, exchange));
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ reason: "suspended" });
    await takeLocked("ALICE", -2n * BTC);
    await openMarket();
    await resolve(order, "release");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).reason).toBeUndefined();
  });

  test("of a market that is no more is a fault, not a refusal", async () => {
    const order = await suspended();
    const key = orderKey("ALICE", order.terms.id);
    await exchange.store.write({ kind: "update", table: "orders", key, set: { market: "DOGE-USDT" } });
    await expect(resolve(order, "cancel")).rejects.toThrow(/not defined/);
  });
});

describe("a pending order that the sweeper cannot void", () => {
  async function lost(): Promise<OrderRecord> {
    const dead = { ...exchange, queue: { ...exchange.queue, send: async () => {} } };
    const order = accepted(
      await place(dead, "ALICE", { side: "sell", type: "limit", price: "100", quantity: "3" }),
    );
    await takeLocked("ALICE", BTC);
    clock.advance(PENDING_LIMIT_MS + 1);
    await sweepPendingOrders(exchange);
    expect(await orderNow(order, exchange)).toMatchObject({ status: "open", reason: "suspended" });
    return order;
  }

  test("is suspended, and cancelled like any other", async () => {
    const order = await lost();
    expect(said(await resolve(order, "cancel"))).toBe("cancelled");
    expect(await balance(exchange, "ALICE", "BTC")).toBe("9 + 0");
  });

  test("or released, where its hold is there again, although the market never had it", async () => {
    const order = await lost();
    await takeLocked("ALICE", -BTC);
    await resolve(order, "release");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).reason).toBeUndefined();
    expect(await violations(exchange)).toEqual([]);
  });
});
