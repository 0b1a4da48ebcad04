import { describe, expect, test } from "vitest";
import type { Order } from "../../../../scripts/exchange/types.ts";
import {
  type Account,
  faultOfAnswered,
  faultOfPlaced,
  faultsOfBalances,
  faultsOfKeys,
} from "../../../../scripts/torture/client-view.ts";

const SENT = { market: "BTC-USDT", side: "buy", type: "limit", price: "100.50", quantity: "2" } as const;

function order(changes: Partial<Order> = {}): Order {
  return {
    id: "A",
    clientOrderId: null,
    market: "BTC-USDT",
    side: "buy",
    type: "limit",
    price: "100.5",
    quantity: "2",
    quoteQuantity: null,
    filledQuantity: "0",
    filledQuote: "0",
    averagePrice: null,
    fee: { asset: "BTC", amount: "0" },
    status: "open",
    reason: null,
    timeInForce: "GTC",
    version: 4,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}

describe("an acknowledged order", () => {
  test("is there with the same terms, however its decimals are written > no fault", () => {
    expect(faultOfPlaced(SENT, "A", order())).toBeUndefined();
  });

  test("is gone > a fault", () => {
    expect(faultOfPlaced(SENT, "A", undefined)).toMatch("does not exist");
  });

  test("is pending when nothing waits any more > a fault", () => {
    expect(faultOfPlaced(SENT, "A", order({ status: "pending" }))).toMatch("still pending");
  });

  test.each([
    ["market", { market: "ETH-USDT" }],
    ["side", { side: "sell" }],
    ["type", { type: "market" }],
    ["price", { price: "100.51" }],
    ["quantity", { quantity: "2.0001" }],
    ["quoteQuantity", { quoteQuantity: "1" }],
  ] as const)("has another %s > a fault that names it", (field, changes) => {
    expect(faultOfPlaced(SENT, "A", order(changes))).toMatch(field);
  });

  test("has another time in force than was asked for > a fault", () => {
    expect(faultOfPlaced({ ...SENT, timeInForce: "IOC" }, "A", order())).toMatch("timeInForce");
  });
});

describe("what was answered of an order", () => {
  test("open, and it has filled since > no fault", () => {
    const now = order({ status: "filled", filledQuantity: "2", filledQuote: "201", version: 9 });
    expect(faultOfAnswered(order(), now)).toBeUndefined();
  });

  test("filled, and it is open again > a fault", () => {
    expect(faultOfAnswered(order({ status: "filled", filledQuantity: "2" }), order())).toMatch(
      "answered as filled",
    );
  });

  test("a version that the exchange has no more > a fault", () => {
    expect(faultOfAnswered(order(), order({ version: 3 }))).toMatch("version 4");
    expect(faultOfAnswered(order(), order({ version: null }))).toMatch("version 4");
  });

  test("cancelled with a part filled, and another part is filled now > a fault", () => {
    const before = order({ status: "cancelled", filledQuantity: "1" });
    expect(faultOfAnswered(before, order({ status: "cancelled", filledQuantity: "2" }))).toMatch(
      "answered as",
    );
  });

  test("anything, and it is gone > a fault", () => {
    expect(faultOfAnswered(order(), undefined)).toMatch("does not exist");
  });
});

describe("what one idempotency key made", () => {
  const sent = new Map([["k", { order: SENT }]]);
  const made = (id: string, status: string) => ({ id, status, idempotencyKey: "k" });

  test("one order > no fault", () => {
    expect(faultsOfKeys(sent, [made("A", "filled")])).toEqual([]);
  });

  test("nothing, for the request never arrived > no fault", () => {
    expect(faultsOfKeys(sent, [])).toEqual([]);
  });

  test("one order, after another one was taken back > no fault", () => {
    expect(faultsOfKeys(sent, [made("A", "rejected"), made("B", "open")])).toEqual([]);
  });

  test("two orders > a fault that names both", () => {
    const faults = faultsOfKeys(sent, [made("A", "filled"), made("B", "open")]);
    expect(faults).toEqual(["key k made 2 orders: A, B"]);
  });

  test("an order whose key nobody sent > a fault", () => {
    expect(faultsOfKeys(new Map(), [made("A", "open")])).toHaveLength(1);
  });
});

describe("balances", () => {
  const bought = order({
    status: "partially_filled",
    filledQuantity: "0.5",
    filledQuote: "50",
    fee: { asset: "BTC", amount: "0.001" },
  });
  const sold = order({
    id: "B",
    side: "sell",
    status: "filled",
    quantity: "1",
    filledQuantity: "1",
    filledQuote: "101",
    fee: { asset: "USDT", amount: "0.2" },
  });
  const resting = order({ id: "C", side: "sell", status: "open", quantity: "0.25" });
  const account: Account = {
    deposits: [
      { asset: "BTC", amount: "10" },
      { asset: "USDT", amount: "1000" },
    ],
    orders: [bought, sold, resting],
    balances: [
      { asset: "BTC", total: "9.499", locked: "0.25", available: "9.249" },
      { asset: "USDT", total: "1050.8", locked: "150.75", available: "900.05" },
      { asset: "ETH", total: "0", locked: "0", available: "0" },
    ],
  };

  test("are what deposits, fills, fees and holds come to > no fault", () => {
    expect(faultsOfBalances("t", account)).toEqual([]);
  });

  test("one unit less in total > a fault that names the asset", () => {
    const balances = account.balances.map((balance) =>
      balance.asset === "USDT" ? { ...balance, total: "1050.799999" } : balance,
    );
    expect(faultsOfBalances("t", { ...account, balances })).toEqual([expect.stringContaining("USDT of t")]);
  });

  test("a hold that was not released > a fault", () => {
    const orders = [bought, sold, { ...resting, status: "cancelled" as const }];
    expect(faultsOfBalances("t", { ...account, orders })).toEqual([expect.stringContaining("locked")]);
  });

  test("a pending market buy > holds what is left of its budget", () => {
    const buy = order({
      type: "market",
      status: "pending",
      price: null,
      quantity: null,
      quoteQuantity: "30",
    });
    const balances = [{ asset: "USDT", total: "100", locked: "30", available: "70" }];
    const deposits = [{ asset: "USDT", amount: "100" }];
    expect(faultsOfBalances("t", { deposits, orders: [buy], balances })).toEqual([]);
  });
});
