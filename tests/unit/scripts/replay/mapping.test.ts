import { describe, expect, test } from "vitest";
import type { Market } from "../../../../scripts/exchange/types.ts";
import { mapTo } from "../../../../scripts/replay/mapping.ts";
import type { Action } from "../../../../scripts/replay/planner.ts";

function marketOf(tickSize: string, lotSize: string, minNotional: string): Market {
  return {
    market: "A-B",
    base: "A",
    quote: "B",
    tickSize,
    lotSize,
    minNotional,
    makerFee: "0",
    takerFee: "0",
    status: "open",
  };
}

function placesOf(...orders: [price: number, size: number][]): Action[] {
  return orders.map(([price, size], ref) => ({ kind: "place", ref, side: "buy", price, size }));
}

describe("map the record to a market", () => {
  test("the tick divides a cent > a dollar is one of the quote, a share one of the base", () => {
    const mapping = mapTo(marketOf("0.01", "0.0001", "5"), placesOf([5853300, 18], [5849900, 2]));
    expect([mapping.price(5853300), mapping.quantity(18), mapping.notional(5853300n * 18n)]).toEqual([
      "585.33",
      "18",
      "10535.94",
    ]);
  });

  test("a finer tick > prices stay as they are", () => {
    const mapping = mapTo(marketOf("0.00001", "0.001", "0.0001"), placesOf([5853300, 18]));
    expect(mapping.price(5853300)).toBe("585.33");
  });

  test("the tick is too coarse > the smallest step of the record becomes one tick", () => {
    const mapping = mapTo(marketOf("0.5", "0.0001", "5"), placesOf([5853300, 18], [5853400, 18]));
    expect([mapping.price(5853300), mapping.price(5853400)]).toEqual(["29266.5", "29267"]);
  });

  test("the lot is coarser than one > a share is a lot", () => {
    expect(mapTo(marketOf("0.01", "3", "5"), placesOf([5853300, 18])).quantity(2)).toBe("6");
  });

  test("the smallest order is below the least notional > a share grows tenfold until it is not", () => {
    const mapping = mapTo(marketOf("0.01", "0.0001", "5000"), placesOf([5853300, 1], [5853300, 500]));
    expect(mapping.quantity(1)).toBe("10");
  });
});
