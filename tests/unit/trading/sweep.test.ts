import { beforeEach, describe, expect, test } from "vitest";
import { orderKey } from "../../../lib/orders/order-item.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { StoreUnavailable } from "../../../lib/store/store.ts";
import { cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../../lib/trading/sweep.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { type RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { hookedStore, transacts, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import {
  accepted,
  balance,
  limit,
  openAccount,
  orderNow,
  type Ports,
  place,
} from "../../simulation/traders.ts";

const MINUTE_MS = 60_000;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 2 }), { clock });
  await openAccount(exchange, { userId: "ALICE", funds: { USDT: "100000", BTC: "10" } });
});

/** An order whose command never reached its market, as after a crash between reserving and sending. */
async function lostOrder(userId = "ALICE", clientOrderId?: string) {
  const dead: Ports = { ...exchange, queue: { ...exchange.queue, send: async () => {} } };
  const wish = { side: "buy", type: "limit", price: "100", quantity: "1", clientOrderId } as const;
  return accepted(await place(dead, userId, wish));
}

describe("the sweeper", () => {
  test("voids what has been pending for too long, and only that", async () => {
    const open = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    const lost = [await lostOrder(), await lostOrder(), await lostOrder(), await lostOrder()];
    clock.advance(PENDING_LIMIT_MS + 1);
    const young = await lostOrder();
    expect(await sweepPendingOrders(exchange)).toEqual({ voided: 4, looked: 4 });
    for (const order of lost) {
      expect(await orderNow(order, exchange)).toMatchObject({ status: "rejected", reason: "not_enqueued" });
    }
    expect((await orderNow(open, exchange)).status).toBe("open");
    expect((await orderNow(young, exchange)).status).toBe("pending");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("99800 + 200");
    expect(await violations(exchange)).toEqual([]);
  });

  test("again, or twice at once, voids nothing a second time", async () => {
    await lostOrder();
    clock.advance(PENDING_LIMIT_MS + 1);
    const both = await Promise.all([sweepPendingOrders(exchange), sweepPendingOrders(exchange)]);
    expect(both.map(({ voided }) => voided).sort()).toEqual([0, 1]);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 0 });
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });

  test("looks at pending orders only, however many rest", async () => {
    for (let index = 0; index < 30; index++) await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    await lostOrder();
    clock.advance(30 * MINUTE_MS);
    let calls = 0;
    const store = hookedStore(exchange.store, { before: () => void calls++ });
    expect(await sweepPendingOrders({ ...exchange, store })).toEqual({ voided: 1, looked: 1 });
    // The index, the order, and its void.
    expect(calls).toBe(3);
    clock.advance(30 * MINUTE_MS);
    expect(await sweepPendingOrders(exchange)).toEqual({ voided: 0, looked: 0 });
  });

  test("keeps the names of an order of which its client may have been told", async () => {
    const lost = await lostOrder("ALICE", "mine");
    clock.advance(PENDING_LIMIT_MS + 1);
    await sweepPendingOrders(exchange);
    const wish = { side: "buy", type: "limit", price: "100", quantity: "1", clientOrderId: "mine" } as const;
    const again = accepted(await place(exchange, "ALICE", wish));
    expect(again).toMatchObject({ status: "rejected", terms: { id: lost.terms.id } });
  });

  test("that voids an order whose command comes after all > has the last word", async () => {
    const commands: Parameters<typeof exchange.queue.send>[] = [];
    const slow: Ports = {
      ...exchange,
      queue: { ...exchange.queue, send: async (...call) => void commands.push(call) },
    };
    const late = await limit(slow, "ALICE", ["buy", "100", "1"]);
    clock.advance(PENDING_LIMIT_MS + 1);
    await sweepPendingOrders(exchange);
    for (const command of commands) await exchange.queue.send(...command);
    await exchange.matchAll();
    expect((await orderNow(late, exchange)).status).toBe("rejected");
    expect(await violations(exchange)).toEqual([]);
  });

  test("and a cancel of the same order > release its hold once", async () => {
    const lost = await lostOrder();
    clock.advance(PENDING_LIMIT_MS + 1);
    const cancel = { userId: "ALICE", orderId: lost.terms.id, operationId: "C1", correlationId: "c" };
    await cancelOrder(cancel, exchange);
    await Promise.all([sweepPendingOrders(exchange), exchange.matchAll()]);
    expect(["rejected", "cancelled"]).toContain((await orderNow(lost, exchange)).status);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    expect(await violations(exchange)).toEqual([]);
  });

  test("that meets an order it cannot void > says so, leaves it to an admin, and voids the others", async () => {
    await openAccount(exchange, { userId: "BOB", funds: { USDT: "1000" } });
    const broken = await lostOrder("BOB");
    const lost = await lostOrder();
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("BOB"),
      set: { "locked:USDT": 1n },
    });
    clock.advance(PENDING_LIMIT_MS + 1);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 1 });
    expect((await orderNow(lost, exchange)).status).toBe("rejected");
    expect(await orderNow(broken, exchange)).toMatchObject({ status: "open", reason: "suspended" });
    const { lines } = exchange.log as RecordingLog;
    expect(lines.filter(({ event }) => event === "order_not_voided")).toMatchObject([
      { level: "error", fields: { orderId: broken.terms.id } },
    ]);
  });

  test("that meets an order of a market which is no more > says so, and voids the others", async () => {
    const orphan = await lostOrder();
    const lost = await lostOrder();
    const key = orderKey("ALICE", orphan.terms.id);
    await exchange.store.write({ kind: "update", table: "orders", key, set: { market: "DOGE-USDT" } });
    clock.advance(PENDING_LIMIT_MS + 1);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 1 });
    expect((await orderNow(lost, exchange)).status).toBe("rejected");
  });

  test("that loses the store > leaves everything as it was, and the next one finds the same", async () => {
    await lostOrder();
    clock.advance(PENDING_LIMIT_MS + 1);
    const away = hookedStore(exchange.store, {
      before: (call) => {
        if (transacts(call, ({ table }) => table === "orders")) throw unavailable();
        return undefined;
      },
    });
    await expect(sweepPendingOrders({ ...exchange, store: away })).rejects.toBeInstanceOf(StoreUnavailable);
    clock.advance(60 * MINUTE_MS);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 1 });
  });

  test("has nothing to do where the queue's failure was heard", async () => {
    const send = async () => {
      throw new QueueUnavailable("nobody answers");
    };
    await place({ ...exchange, queue: { ...exchange.queue, send } }, "ALICE", {
      side: "buy",
      type: "limit",
      price: "100",
      quantity: "1",
    });
    clock.advance(PENDING_LIMIT_MS + 1);
    expect(await sweepPendingOrders(exchange)).toEqual({ voided: 0, looked: 0 });
  });
});
