import { describe, expect, test } from "vitest";
import { parseDecimal } from "../../../../lib/money/decimal.ts";
import { percentile } from "../../../../scripts/command/statistics.ts";
import { decide, type Intention, type Role } from "../../../../scripts/demo/behaviour.ts";
import { chanceFrom } from "../../../../scripts/demo/chance.ts";
import { walkingValues } from "../../../../scripts/demo/values.ts";
import { termsOf } from "../../../../scripts/demo/venue-terms.ts";
import type { Market } from "../../../../scripts/exchange/types.ts";

const MARKETS: readonly Market[] = (
  [
    ["BTC", "USDT", "0.01", "0.0001", "5"],
    ["ETH", "BTC", "0.00001", "0.001", "0.0001"],
  ] as const
).map(([base, quote, tickSize, lotSize, minNotional]) => ({
  market: `${base}-${quote}`,
  base,
  quote,
  tickSize,
  lotSize,
  minNotional,
  makerFee: "0.001",
  takerFee: "0.002",
  status: "open",
}));

function intentionsOf(role: Role, seed: number, count = 2_000): Intention[] {
  const chance = chanceFrom(seed);
  const terms = MARKETS.map(termsOf);
  const values = walkingValues(chance);
  const own = [{ id: "1", market: "BTC-USDT" }];
  return Array.from({ length: count }, () => decide(role, { terms, values, chance, own }));
}

function units(text: string | undefined): bigint {
  const parsed = parseDecimal(text ?? "", 18);
  if (!parsed.ok) throw new Error(`${text} is ${parsed.fault}`);
  return parsed.units;
}

/** Whether the market's rules allow the order, whatever the trader's funds. */
function isAllowed(intention: Intention): boolean {
  if (intention.kind !== "place") throw new Error("not an order");
  const { order } = intention;
  const market = MARKETS.find((candidate) => candidate.market === order.market);
  if (market === undefined || order.quantity?.startsWith("-")) return false;
  if (order.quantity !== undefined && units(order.quantity) % units(market.lotSize) !== 0n) return false;
  if (order.quantity !== undefined && units(order.quantity) >= units("100000")) return false;
  if (order.quoteQuantity !== undefined) return units(order.quoteQuantity) >= units(market.minNotional);
  if (order.price === undefined) return true;
  if (units(order.price) % units(market.tickSize) !== 0n) return false;
  return units(order.price) * units(order.quantity) >= units(market.minNotional) * 10n ** 18n;
}

describe("decide what to do next", () => {
  test.each(["maker", "taker"] as const)(
    "a %s > orders keep the rules of the market, meant mistakes break them",
    (role) => {
      const placing = intentionsOf(role, 7).filter((intention) => intention.kind === "place");
      expect(placing.length).toBeGreaterThan(500);
      for (const intention of placing) {
        const text = JSON.stringify(intention.order);
        expect(isAllowed(intention), text).toBe(!intention.isMeantToFail);
      }
    },
  );

  test("takers > do everything that the exchange offers, and make mistakes", () => {
    const intentions = intentionsOf("taker", 7);
    const kinds = new Set(
      intentions.map((intention) => {
        if (intention.kind !== "place") return intention.kind;
        const { type, side, timeInForce } = intention.order;
        return intention.isMeantToFail ? "mistake" : `${type} ${side} ${timeInForce ?? ""}`.trim();
      }),
    );
    const orders = [
      "limit buy GTC",
      "limit sell GTC",
      "limit buy IOC",
      "limit sell IOC",
      "market buy",
      "market sell",
    ];
    expect([...kinds].sort()).toEqual([...orders, "cancel", "cancelAll", "look", "mistake"].sort());
  });

  test("the same seed > the same intentions; another seed > others", () => {
    expect(intentionsOf("taker", 3, 50)).toEqual(intentionsOf("taker", 3, 50));
    expect(intentionsOf("taker", 3, 50)).not.toEqual(intentionsOf("taker", 4, 50));
  });

  test("many quotes > a maker takes the oldest back", () => {
    const chance = chanceFrom(1);
    const own = Array.from({ length: 10 }, (_, index) => ({ id: String(index), market: "BTC-USDT" }));
    const [first] = MARKETS;
    const terms = first === undefined ? [] : [termsOf(first)];
    const intentions = Array.from({ length: 100 }, () =>
      decide("maker", { terms, values: walkingValues(chance), chance, own }),
    );
    expect(intentions.some((intention) => intention.kind === "place")).toBe(false);
    expect(intentions).toContainEqual({ kind: "cancel", id: "0", isMeantToFail: false });
  });
});

describe("count", () => {
  test.each([
    [[5], 0.99, 5],
    [[3, 1, 2], 0.5, 2],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.99, 99],
  ] as const)(
    "a percentile, case %# > the smallest value that so many do not exceed",
    (values, share, expected) => {
      expect(percentile(values, share)).toBe(expected);
    },
  );
});
