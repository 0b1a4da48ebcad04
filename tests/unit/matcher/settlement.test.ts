import { beforeEach, describe, expect, it } from "vitest";
import type { OrderRecord } from "../../../lib/orders/order-item.ts";
import { cancelAllOrders, cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import * as traders from "../../simulation/traders.ts";
import { accepted, limit, openAccount, place } from "../../simulation/traders.ts";

const ALICE = "ALICE";
const BOB = "BOB";
let exchange: InProcessExchange;

beforeEach(async () => {
  exchange = new InProcessExchange(new MemoryStore());
  await openAccount(exchange, { userId: ALICE, funds: { USDT: "100000", BTC: "10", ETH: "100" } });
  await openAccount(exchange, { userId: BOB, funds: { USDT: "100000", BTC: "10", ETH: "100" } });
});

const orderNow = (order: OrderRecord): Promise<OrderRecord> => traders.orderNow(order, exchange);
const balance = (userId: string, asset: string): Promise<string> => traders.balance(exchange, userId, asset);

async function expectSound(): Promise<void> {
  await exchange.project();
  expect(await violations(exchange)).toEqual([]);
}

describe("a limit order", () => {
  it("locks what it can cost, rests, and shows its version", async () => {
    const order = await limit(exchange, ALICE, ["buy", "50000", "0.5"]);
    expect(order.status).toBe("pending");
    expect(await balance(ALICE, "USDT")).toBe("75000 + 25000");
    await exchange.matchAll();
    expect(await orderNow(order)).toMatchObject({ status: "open", version: 1 });
    await expectSound();
  });

  it("trades at the resting price, pays fees from what it receives, and gets the difference back", async () => {
    const maker = await limit(exchange, ALICE, ["sell", "50000", "0.5"]);
    const taker = await limit(exchange, BOB, ["buy", "51000", "0.5"]);
    await exchange.matchAll();
    expect(await orderNow(maker)).toMatchObject({ status: "filled", fee: 25_000_000n });
    expect(await orderNow(taker)).toMatchObject({ status: "filled", fee: 100_000n });
    expect(await balance(ALICE, "USDT")).toBe("124975 + 0");
    expect(await balance(ALICE, "BTC")).toBe("9.5 + 0");
    expect(await balance(BOB, "USDT")).toBe("75000 + 0");
    expect(await balance(BOB, "BTC")).toBe("10.499 + 0");
    await expectSound();
  });

  it("fills by price, then time, over several levels, and rests with what is left", async () => {
    const second = await limit(exchange, ALICE, ["sell", "101", "1"]);
    const first = await limit(exchange, ALICE, ["sell", "100", "1"]);
    const third = await limit(exchange, ALICE, ["sell", "101", "1"]);
    const taker = await limit(exchange, BOB, ["buy", "101", "2.5"]);
    await exchange.matchAll();
    expect((await orderNow(first)).status).toBe("filled");
    expect((await orderNow(second)).status).toBe("filled");
    expect(await orderNow(third)).toMatchObject({ status: "partially_filled", filledLots: 5_000n });
    expect((await orderNow(taker)).status).toBe("filled");
    await expectSound();
  });

  it("as IOC expires with what found nothing", async () => {
    await limit(exchange, ALICE, ["sell", "100", "1"]);
    const placed = await place(exchange, BOB, {
      side: "buy",
      type: "limit",
      price: "100",
      quantity: "3",
      timeInForce: "IOC",
    });
    await exchange.matchAll();
    expect(await orderNow(accepted(placed))).toMatchObject({
      status: "expired",
      reason: "unfilled",
      filledLots: 10_000n,
    });
    expect(await balance(BOB, "USDT")).toBe("99900 + 0");
    await expectSound();
  });

  it("that meets its own user's order is cancelled", async () => {
    const resting = await limit(exchange, ALICE, ["sell", "100", "1"]);
    const taker = await limit(exchange, ALICE, ["buy", "100", "1"]);
    await exchange.matchAll();
    expect((await orderNow(resting)).status).toBe("open");
    expect(await orderNow(taker)).toMatchObject({ status: "cancelled", reason: "self_trade" });
    await expectSound();
  });
});

describe("a market order", () => {
  it("buys for its budget down to the lot and gets the rest back", async () => {
    await limit(exchange, ALICE, ["sell", "30000.01", "1"]);
    const placed = await place(exchange, BOB, { side: "buy", type: "market", quoteQuantity: "100" });
    await exchange.matchAll();
    // 0.0033 BTC x 30000.01 = 99.000033; one lot more would cost 102.
    expect(await orderNow(accepted(placed))).toMatchObject({
      status: "filled",
      filledLots: 33n,
      filledQuote: 99_000_033n,
    });
    expect(await balance(BOB, "USDT")).toBe("99900.999967 + 0");
    await expectSound();
  });

  it("expires on an empty book", async () => {
    const placed = await place(exchange, BOB, { side: "sell", type: "market", quantity: "1" });
    await exchange.matchAll();
    expect(await orderNow(accepted(placed))).toMatchObject({ status: "expired", reason: "unfilled" });
    await expectSound();
  });
});

describe("a cancel", () => {
  it("takes an order off the book and releases its hold", async () => {
    const order = await limit(exchange, ALICE, ["buy", "50000", "0.5"]);
    await exchange.matchAll();
    const asked = await cancelOrder(
      { userId: ALICE, orderId: order.terms.id, operationId: "C1", correlationId: "c" },
      exchange,
    );
    expect(asked.ok && asked.value.status).toBe("open");
    await exchange.matchAll();
    expect(await orderNow(order)).toMatchObject({ status: "cancelled", reason: "user" });
    expect(await balance(ALICE, "USDT")).toBe("100000 + 0");
    await expectSound();
  });

  it("that comes second is a no-op and the batch goes on", async () => {
    const order = await limit(exchange, ALICE, ["buy", "50000", "0.5"]);
    await exchange.matchAll();
    for (const operationId of ["C1", "C2"]) {
      await cancelOrder(
        { userId: ALICE, orderId: order.terms.id, operationId, correlationId: "c" },
        exchange,
      );
      exchange.coldStart();
    }
    await exchange.match("BTC-USDT");
    const other = await limit(exchange, BOB, ["buy", "49000", "0.5"]);
    await cancelOrder(
      { userId: ALICE, orderId: order.terms.id, operationId: "C3", correlationId: "c" },
      exchange,
    );
    await exchange.matchAll();
    expect((await orderNow(other)).status).toBe("open");
    await expectSound();
  });

  it("of an order that never reached its market releases the hold, and the late order is dropped", async () => {
    const send = exchange.queue.send;
    const late: Parameters<typeof send>[] = [];
    exchange.queue.send = async (...call) => void late.push(call);
    const order = await limit(exchange, ALICE, ["buy", "50000", "0.5"]);
    exchange.queue.send = send;
    await cancelOrder(
      { userId: ALICE, orderId: order.terms.id, operationId: "C1", correlationId: "c" },
      exchange,
    );
    await exchange.matchAll();
    expect(await orderNow(order)).toMatchObject({ status: "cancelled", version: 1 });
    for (const call of late) await exchange.queue.send(...call);
    await exchange.matchAll();
    expect(await orderNow(order)).toMatchObject({ status: "cancelled", version: 1 });
    expect(await balance(ALICE, "USDT")).toBe("100000 + 0");
    await expectSound();
  });

  it("of all takes hundreds of orders in several entries", async () => {
    for (let index = 0; index < 250; index++) await limit(exchange, ALICE, ["buy", `${100 + index}`, "0.1"]);
    await exchange.matchAll();
    await cancelAllOrders(
      { userId: ALICE, market: "BTC-USDT", operationId: "C1", correlationId: "c" },
      exchange,
    );
    await exchange.matchAll();
    expect(await balance(ALICE, "USDT")).toBe("100000 + 0");
    await expectSound();
  });
});

describe("a deep sweep", () => {
  it("is cut where the transaction is full and resumed, also by another instance", async () => {
    for (let index = 0; index < 130; index++) {
      const userId = `MAKER${index}`;
      await openAccount(exchange, { userId, funds: { BTC: "1" } });
      await limit(exchange, userId, ["sell", `${100 + index}`, "0.1"]);
    }
    await exchange.matchAll();
    const sweep = await limit(exchange, BOB, ["buy", "1000", "13"]);
    const rest = await limit(exchange, ALICE, ["sell", "2000", "0.1"]);
    await exchange.matchAll();
    expect(await orderNow(sweep)).toMatchObject({ status: "filled", filledLots: 130_000n });
    expect((await orderNow(rest)).status).toBe("open");
    await expectSound();
  });
});

describe("a message that is no command", () => {
  it("is journalled as unreadable and blocks nobody", async () => {
    exchange.sendRaw("BTC-USDT", "{ not json");
    exchange.sendRaw("BTC-USDT", JSON.stringify({ command: { kind: "place", id: "X", order: { i: "X" } } }));
    const order = await limit(exchange, ALICE, ["buy", "50000", "0.5"]);
    await exchange.matchAll();
    expect((await orderNow(order)).status).toBe("open");
    await expectSound();
  });
});
