import { describe, expect, it } from "vitest";
import type * as z from "zod/mini";
import { rejectWithdrawal, updateUser } from "../../../lib/contract/admin.ts";
import { listAudit } from "../../../lib/contract/audit.ts";
import { login, register } from "../../../lib/contract/auth.ts";
import { getOrderBook } from "../../../lib/contract/market.ts";
import { cancelOrders, listOrders, placeOrder } from "../../../lib/contract/trading.ts";
import { creditDeposit, requestWithdrawal } from "../../../lib/contract/wallet.ts";

const pathsOf = (schema: z.ZodMiniType, given: unknown): string[] => {
  const parsed = schema.safeParse(given);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
};

describe("place order", () => {
  const limit = { market: "BTC-USDT", side: "buy", type: "limit", price: "50000", quantity: "0.5" };
  const marketBuy = { market: "BTC-USDT", side: "buy", type: "market", quoteQuantity: "100" };
  const marketSell = { market: "BTC-USDT", side: "sell", type: "market", quantity: "0.5" };

  it.each([
    limit,
    { ...limit, side: "sell", timeInForce: "IOC" },
    { ...limit, timeInForce: "GTC", clientOrderId: "my order 1" },
    { ...limit, price: "0.00000000001", quantity: "1.50000000000000000000000000000000000000" },
    marketBuy,
    { ...marketBuy, timeInForce: "IOC" },
    marketSell,
    { ...limit, market: "NOPE" },
  ])("accepts %j", (body) => {
    expect(placeOrder.body.parse(body)).toEqual(body);
  });

  const { price: _price, ...noPrice } = limit;
  const { quantity: _quantity, ...noQuantity } = limit;
  it.each<[string, object, string[]]>([
    ["a limit order without a price", noPrice, ["price"]],
    ["a limit order without a quantity", noQuantity, ["quantity"]],
    ["a limit order with a budget", { ...limit, quoteQuantity: "1" }, ["quoteQuantity"]],
    ["a market buy with a price", { ...marketBuy, price: "1" }, ["price"]],
    ["a market buy with a quantity", { ...marketBuy, quantity: "1" }, ["quantity"]],
    ["a market buy by quantity alone", { ...marketSell, side: "buy" }, ["quantity", "quoteQuantity"]],
    ["a market sell with a budget", { ...marketSell, quoteQuantity: "1" }, ["quoteQuantity"]],
    ["a market order that waits", { ...marketSell, timeInForce: "GTC" }, ["timeInForce"]],
    ["a client order id that is too long", { ...limit, clientOrderId: "x".repeat(65) }, ["clientOrderId"]],
    ["a client order id that is blank", { ...limit, clientOrderId: " " }, ["clientOrderId"]],
    ["a side that is not one", { ...limit, side: "BUY" }, ["side"]],
    ["no market", { ...limit, market: "" }, ["market"]],
  ])("%s > refused", (_story, body, paths) => {
    expect(pathsOf(placeOrder.body, body).sort()).toEqual(paths);
  });

  it.each([
    { type: "stop_limit", stopPrice: "1" },
    { type: "trailing_stop" },
    { timeInForce: "FOK" },
    { timeInForce: "GTD", expiresAt: "2027-01-01T00:00:00Z" },
    { postOnly: true },
    { stopPrice: "1" },
    { selfTradePrevention: "cancel_oldest" },
  ])("what comes later, such as %j > refused until then", (options) => {
    expect(pathsOf(placeOrder.body, { ...limit, ...options })).not.toEqual([]);
  });
});

describe("passwords", () => {
  const given = (password: string) => pathsOf(register.body, { email: "a@example.com", password });

  it.each(["x".repeat(10), "x".repeat(128), "пароль-пароль", "🔑".repeat(64), "          "])(
    "%j is one",
    (password) => {
      expect(given(password)).toEqual([]);
    },
  );

  it.each(["", "x".repeat(9), "🔑".repeat(9), "x".repeat(129), "🔑".repeat(65), `\ud800${"x".repeat(10)}`])(
    "%j is none",
    (password) => {
      expect(given(password)).toEqual(["password"]);
    },
  );

  it("one to compare is only bounded, for what could never be set is simply wrong", () => {
    expect(pathsOf(login.body, { email: "a@example.com", password: "short" })).toEqual([]);
    expect(pathsOf(login.body, { email: "a@example.com", password: "x".repeat(1025) })).toEqual(["password"]);
    expect(pathsOf(login.body, { email: "a@example.com", password: "x", totp: "123456" })).toEqual([]);
  });
});

describe("other requests", () => {
  const id = "01KATB9Z8Q4W0J5V6R7N2M3X1C";
  it.each<[string, z.ZodMiniType, unknown, string[]]>([
    ["a change of a user that changes nothing", updateUser.body, {}, [""]],
    ["a role that is not one", updateUser.body, { role: "root" }, ["role"]],
    [
      "a withdrawal to an address with spaces",
      requestWithdrawal.body,
      { asset: "BTC", amount: "1", address: "a b" },
      ["address"],
    ],
    [
      "a withdrawal of nothing",
      requestWithdrawal.body,
      { asset: "BTC", amount: "0", address: "a" },
      ["amount"],
    ],
    [
      "a deposit to no user",
      creditDeposit.body,
      { userId: "x", asset: "BTC", amount: "1", reference: "r" },
      ["userId"],
    ],
    [
      "a deposit without a reference",
      creditDeposit.body,
      { userId: id, asset: "BTC", amount: "1", reference: "" },
      ["reference"],
    ],
    ["a reason with control characters", rejectWithdrawal.body, { reason: "a\u0000b" }, ["reason"]],
    ["a reason that is blank", rejectWithdrawal.body, { reason: "  " }, ["reason"]],
    ["a depth of nothing", getOrderBook.query, { depth: "0" }, ["depth"]],
    ["a depth beyond the book", getOrderBook.query, { depth: "1001" }, ["depth"]],
    ["a version that is no number", getOrderBook.query, { minVersion: "latest" }, ["minVersion"]],
    ["a version below none", getOrderBook.query, { minVersion: "-1" }, ["minVersion"]],
    ["cancelling everywhere at once", cancelOrders.query, {}, ["market"]],
    ["a status that is not one", listOrders.query, { status: "done" }, ["status"]],
    ["a time that is not one", listAudit.query, { from: "yesterday" }, ["from"]],
    ["a month that is not one", listAudit.query, { to: "2026-13-01" }, ["to"]],
  ])("%s > refused", (_story, schema, given, paths) => {
    expect(pathsOf(schema, given)).toEqual(paths);
  });

  it("an order book is asked for with or without the version that it must hold", () => {
    expect(getOrderBook.query.parse({})).toEqual({ depth: 50 });
    expect(getOrderBook.query.parse({ minVersion: "123456789012" })).toEqual({
      depth: 50,
      minVersion: 123_456_789_012,
    });
  });

  it.each(["live", "closed", "pending", "expired"])("orders are listed by the status %s", (status) => {
    expect(listOrders.query.parse({ status })).toEqual({ status, limit: 50 });
  });

  it("audit records are listed by times and dates", () => {
    const query = { from: "2026-11-22", to: "2026-11-22T10:00:00+01:00" };
    expect(listAudit.query.parse(query)).toMatchObject(query);
  });
});
