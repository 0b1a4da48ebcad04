import { beforeEach, describe, expect, test } from "vitest";
import { awaitOrder } from "../../../lib/orders/get-order.ts";
import type { OrderRecord } from "../../../lib/orders/order-item.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { cancelAllOrders, cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { balance, limit, openAccount, orderNow, type Ports } from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";

let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore(), { clock });
  for (const userId of ["ALICE", "BOB"])
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10" } });
});

const cancel = (orderId: string, operationId = "C1", userId = "ALICE", ports: Ports = exchange) =>
  cancelOrder({ userId, orderId, operationId, correlationId: operationId }, ports);

const deaf: () => Ports = () => ({
  ...exchange,
  queue: {
    ...exchange.queue,
    send: async () => {
      throw new QueueUnavailable("nobody answers");
    },
  },
});

describe("cancel order", () => {
  test("of an order that is not there, or another user's > is not found, and nothing is sent", async () => {
    const order = await limit(exchange, "BOB", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect(codeOf(await cancel("NONE"))).toBe("NOT_FOUND");
    expect(codeOf(await cancel(order.terms.id))).toBe("NOT_FOUND");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
  });

  test("of a closed order > is refused", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await cancel(order.terms.id);
    await exchange.matchAll();
    expect(codeOf(await cancel(order.terms.id, "C2"))).toBe("ORDER_CLOSED");
  });

  test("sent again and again > is one message, until something happens to the order", async () => {
    const order = await limit(exchange, "ALICE", ["sell", "100", "1"]);
    await exchange.matchAll();
    for (let time = 0; time < 31; time++)
      expect(codeOf(await cancel(order.terms.id, `C${time}`))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
    const other = await limit(exchange, "ALICE", ["sell", "101", "1"]);
    expect(codeOf(await cancel(other.terms.id, "D1"))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(3);
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("cancelled");
    expect((await orderNow(other, exchange)).status).toBe("cancelled");
  });

  test("after one that was lost with its queue > reaches the new queue", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    await cancel(order.terms.id, "C1");
    clock.advance(61_000);
    exchange.createQueue("BTC-USDT", 1n);
    await cancel(order.terms.id, "C2");
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("cancelled");
  });

  test("whose caller was answered meanwhile > is not sent, nor is a cancel of all: orders may have been placed since", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    const late = { userId: "ALICE", operationId: "C1", correlationId: "c", over: AbortSignal.abort() };
    expect(codeOf(await cancelOrder({ ...late, orderId: order.terms.id }, exchange))).toBe("UNAVAILABLE");
    expect(codeOf(await cancelAllOrders({ ...late, market: "BTC-USDT" }, exchange))).toBe("UNAVAILABLE");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
  });

  test("twice under one operation > is one command", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    for (let repeat = 0; repeat < 2; repeat++) expect(codeOf(await cancel(order.terms.id))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });

  test("while the market cannot be reached > is refused, and the order lives on", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect(codeOf(await cancel(order.terms.id, "C1", "ALICE", deaf()))).toBe("UNAVAILABLE");
    const all = { userId: "ALICE", market: "BTC-USDT", operationId: "C2", correlationId: "c" };
    expect(codeOf(await cancelAllOrders(all, deaf()))).toBe("UNAVAILABLE");
    expect((await orderNow(order, exchange)).status).toBe("open");
  });

  test("of an order that is filled before its turn > finds it closed, and both stay what they are", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    await limit(exchange, "BOB", ["sell", "100", "1"]);
    expect(codeOf(await cancel(order.terms.id))).toBe("accepted");
    await exchange.matchAll();
    expect(await orderNow(order, exchange)).toMatchObject({ status: "filled", filledLots: 10_000n });
    expect(await violations(exchange)).toEqual([]);
  });
});

describe("cancel all orders", () => {
  const cancelAll = (change: { readonly market?: string; readonly side?: "buy" | "sell" }) =>
    cancelAllOrders(
      { userId: "ALICE", market: "BTC-USDT", operationId: "C1", correlationId: "c", ...change },
      exchange,
    );

  test("of a market that is not there > is refused", async () => {
    expect(codeOf(await cancelAll({ market: "DOGE-USDT" }))).toBe("UNKNOWN_MARKET");
  });

  test("of one side > leaves the other side, other markets and other users alone", async () => {
    const orders = {
      buy: await limit(exchange, "ALICE", ["buy", "100", "1"]),
      sell: await limit(exchange, "ALICE", ["sell", "200", "1"]),
      bobs: await limit(exchange, "BOB", ["buy", "100", "1"]),
    };
    await exchange.matchAll();
    expect(codeOf(await cancelAll({ side: "buy" }))).toBe("accepted");
    await exchange.matchAll();
    const statuses = await Promise.all(
      Object.values(orders).map(async (order) => (await orderNow(order, exchange)).status),
    );
    expect(statuses).toEqual(["cancelled", "open", "open"]);
    expect(codeOf(await cancelAll({}))).toBe("accepted");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });
});

describe("waiting for an order", () => {
  async function waiting(
    until: "entered" | "closed",
    waitMs: number,
    action: (order: OrderRecord) => Promise<unknown>,
  ) {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    let sleeps = 0;
    const sleep = async (ms: number) => {
      clock.advance(ms);
      if (++sleeps === 3) await action(order);
    };
    const startMs = clock.nowMs();
    const ports = { ...exchange, clock: { nowMs: () => clock.nowMs(), sleep } };
    const found = await awaitOrder(order, { waitMs, until }, ports);
    return { status: found.status, waitedMs: clock.nowMs() - startMs };
  }

  test("ends as soon as it has left pending", async () => {
    const { status, waitedMs } = await waiting("entered", 5_000, () => exchange.matchAll());
    expect(status).toBe("open");
    expect(waitedMs).toBeLessThan(200);
  });

  test("until it is closed goes on while it is open", async () => {
    const { status } = await waiting("closed", 5_000, async (order) => {
      await exchange.matchAll();
      await cancel(order.terms.id);
      await exchange.matchAll();
    });
    expect(status).toBe("cancelled");
    expect((await waiting("closed", 1_000, () => exchange.matchAll())).status).toBe("open");
  });

  test("ends when the time is over, with the order as it is", async () => {
    const { status, waitedMs } = await waiting("entered", 1_000, async () => {});
    expect({ status, waitedMs }).toEqual({ status: "pending", waitedMs: 1_000 });
    expect(await waiting("entered", 0, async () => {})).toEqual({ status: "pending", waitedMs: 0 });
  });
});
