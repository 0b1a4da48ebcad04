import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPrice, formatQuantity, type Market } from "../../../lib/market/market.ts";
import { type OrderRequest, readTerms } from "../../../lib/trading/order-request.ts";
import { CATALOGUE } from "../../simulation/in-process-exchange.ts";

const BTC_USDT = CATALOGUE.markets.get("BTC-USDT") as Market;
const LIMIT: OrderRequest = {
  market: "BTC-USDT",
  side: "buy",
  type: "limit",
  price: "50000",
  quantity: "0.5",
};
const IDS = { id: "O1", userId: "ALICE" };

function read(change: Partial<OrderRequest>) {
  return readTerms({ ...LIMIT, ...change }, BTC_USDT, IDS);
}

describe("an order's numbers", () => {
  test("become ticks and lots, with the fees of the market", () => {
    expect(read({})).toEqual({
      ok: true,
      value: {
        ...IDS,
        side: "buy",
        type: "limit",
        timeInForce: "GTC",
        priceTicks: 5_000_000n,
        quantityLots: 5_000n,
        makerRate: 1_000n,
        takerRate: 2_000n,
      },
    });
  });

  test("of any price on a tick and quantity on a lot are read as what they are", () => {
    const positive = fc.bigInt(1n, 10n ** 9n);
    const markets = [...CATALOGUE.markets.values()];
    fc.assert(
      fc.property(fc.constantFrom(...markets), positive, positive, (market, ticks, lots) => {
        const request = {
          ...LIMIT,
          price: formatPrice(market, ticks),
          quantity: formatQuantity(market, lots),
        };
        const terms = readTerms(request, market, IDS);
        if (!terms.ok) expect(terms.refusal.code).toBe("NOTIONAL_TOO_SMALL");
        else expect(terms.value).toMatchObject({ priceTicks: ticks, quantityLots: lots });
      }),
    );
  });

  test("of a market buy are its budget; of a market sell its quantity; neither ever rests", () => {
    expect(
      read({ type: "market", price: undefined, quantity: undefined, quoteQuantity: "100.5" }),
    ).toMatchObject({
      value: { type: "market", timeInForce: "IOC", quoteBudget: 100_500_000n },
    });
    expect(read({ type: "market", side: "sell", price: undefined })).toMatchObject({
      value: { type: "market", timeInForce: "IOC", quantityLots: 5_000n },
    });
  });

  test.each<[Partial<OrderRequest>, string, string?]>([
    [{ price: undefined }, "VALIDATION_ERROR", "price"],
    [{ price: "x" }, "VALIDATION_ERROR", "price"],
    [{ price: "-1" }, "VALIDATION_ERROR", "price"],
    [{ price: "0" }, "VALIDATION_ERROR", "price"],
    [{ price: "0.00" }, "VALIDATION_ERROR", "price"],
    [{ price: "1".repeat(16) }, "VALIDATION_ERROR", "price"],
    [{ price: "50000.001" }, "PRICE_NOT_ON_TICK"],
    [{ price: "0.001" }, "PRICE_NOT_ON_TICK"],
    [{ quantity: undefined }, "VALIDATION_ERROR", "quantity"],
    [{ quantity: "1e3" }, "VALIDATION_ERROR", "quantity"],
    [{ quantity: "0" }, "VALIDATION_ERROR", "quantity"],
    [{ quantity: "1".repeat(16) }, "VALIDATION_ERROR", "quantity"],
    [{ quantity: "0.00001" }, "QUANTITY_NOT_ON_LOT"],
    [{ quantity: "0.00000000001" }, "QUANTITY_NOT_ON_LOT"],
    [{ quantity: "0.50001" }, "QUANTITY_NOT_ON_LOT"],
    [{ price: "49999.99", quantity: "0.0001" }, "NOTIONAL_TOO_SMALL"],
    [{ type: "market" }, "VALIDATION_ERROR", "quoteQuantity"],
    [{ type: "market", quoteQuantity: "0" }, "VALIDATION_ERROR", "quoteQuantity"],
    [{ type: "market", quoteQuantity: "5.0000001" }, "VALIDATION_ERROR", "quoteQuantity"],
    [{ type: "market", quoteQuantity: "4.999999" }, "NOTIONAL_TOO_SMALL"],
    [{ type: "market", side: "sell", quantity: undefined }, "VALIDATION_ERROR", "quantity"],
    // The first refusal in the documented order counts: number, tick, lot, notional.
    [{ price: "x", quantity: "y" }, "VALIDATION_ERROR", "price"],
    [{ price: "0.001", quantity: "y" }, "PRICE_NOT_ON_TICK"],
    [{ price: "0.01", quantity: "0.00001" }, "QUANTITY_NOT_ON_LOT"],
  ])("%j are refused as %s", (change, code, path) => {
    const refused = read(change);
    expect(!refused.ok && refused.refusal.code).toBe(code);
    if (path !== undefined)
      expect(!refused.ok && refused.refusal.details?.map((detail) => detail.path)).toEqual([path]);
  });

  test("at the least notional are accepted", () => {
    expect(read({ price: "50000", quantity: "0.0001" }).ok).toBe(true);
    expect(read({ type: "market", quoteQuantity: "5" }).ok).toBe(true);
  });
});
