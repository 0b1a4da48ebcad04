import { describe, expect, test } from "vitest";
import { type OrderRecord, orderFrom, pendingOrderItem } from "../../../lib/orders/order-item.ts";
import { orderView } from "../../../lib/orders/order-view.ts";
import { CATALOGUE } from "../../simulation/in-process-exchange.ts";

const ORDER: OrderRecord = {
  market: "BTC-USDT",
  terms: {
    id: "O1",
    userId: "ALICE",
    side: "buy",
    type: "limit",
    timeInForce: "GTC",
    priceTicks: 5_000_001n,
    quantityLots: 15_000n,
    makerRate: 1_000n,
    takerRate: 2_000n,
  },
  status: "pending",
  filledLots: 0n,
  filledQuote: 0n,
  fee: 0n,
  createdAtMs: Date.UTC(2026, 0, 1),
  updatedAtMs: Date.UTC(2026, 0, 2),
};

const view = (change: Partial<OrderRecord>) => orderView({ ...ORDER, ...change }, CATALOGUE);

describe("an order as its client sees it", () => {
  test("while pending has null where there is nothing yet", () => {
    expect(view({})).toEqual({
      id: "O1",
      clientOrderId: null,
      market: "BTC-USDT",
      side: "buy",
      type: "limit",
      price: "50000.01",
      quantity: "1.5",
      quoteQuantity: null,
      filledQuantity: "0",
      filledQuote: "0",
      averagePrice: null,
      fee: { asset: "BTC", amount: "0" },
      status: "pending",
      reason: null,
      timeInForce: "GTC",
      version: null,
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-02T00:00:00.000Z",
    });
  });

  test.each<[bigint, bigint, string]>([
    // Lots of 0.0001 BTC, and millionths of a USDT.
    [10_000n, 50_000_000_000n, "50000"],
    [30_000n, 100_000_000_000n, "33333.3333333333"],
    [30_000n, 200_000_000_000n, "66666.6666666667"],
    [70_000n, 3n, "0.0000004286"],
  ])(
    "%s lots for %s have the average price %s, rounded half up to ten decimals",
    (filledLots, filledQuote, average) => {
      expect(view({ filledLots, filledQuote, status: "partially_filled" }).averagePrice).toBe(average);
    },
  );

  test("pays its fee in what it receives", () => {
    const sell = { ...ORDER.terms, side: "sell" } as const;
    expect(view({ fee: 150_000_000n }).fee).toEqual({ asset: "BTC", amount: "1.5" });
    expect(view({ terms: sell, fee: 1_500_000n }).fee).toEqual({ asset: "USDT", amount: "1.5" });
  });

  test("of a market buy shows what it may spend", () => {
    const { priceTicks: _price, quantityLots: _quantity, ...terms } = ORDER.terms;
    const shown = view({
      terms: { ...terms, type: "market", timeInForce: "IOC", quoteBudget: 100_500_000n },
    });
    expect(shown).toMatchObject({ price: null, quantity: null, quoteQuantity: "100.5", timeInForce: "IOC" });
  });

  test("of a market that is no more is a fault", () => {
    expect(() => view({ market: "DOGE-USDT" })).toThrow(/not defined/);
  });

  test("stands in the table as what it is", () => {
    const named: OrderRecord = { ...ORDER, clientOrderId: "mine", idempotencyKey: "key" };
    expect(orderFrom(pendingOrderItem(named))).toEqual(named);
    const closed = {
      ...pendingOrderItem(ORDER),
      status: "expired",
      reason: "unfilled",
      version: 7n,
      filledLots: 1n,
      filledQuote: 2n,
      fee: 3n,
    };
    expect(orderFrom(closed)).toEqual({
      ...ORDER,
      status: "expired",
      reason: "unfilled",
      version: 7,
      filledLots: 1n,
      filledQuote: 2n,
      fee: 3n,
    });
  });
});
