import { formatDecimal } from "../../lib/money/decimal.ts";
import { decimalOf, ONE, SCALE, unitsOf } from "../exchange/decimal.ts";
import type { Market } from "../exchange/types.ts";
import type { Action } from "./planner.ts";

/** Writes the record's prices and sizes as the market's decimal strings, exactly. */
export type Mapping = ReturnType<typeof mapTo>;

const LOBSTER_PRICE_UNIT = ONE / 10_000n;

/**
 * A dollar is one of the quote asset and a share one of the base asset where the market's tick and lot allow it.
 * Otherwise the smallest price step of the record becomes one tick, and a share one lot; and a share grows tenfold
 * until the smallest order reaches the market's least notional.
 */
export function mapTo(market: Market, actions: Iterable<Action>) {
  const tick = unitsOf(market.tickSize);
  const lot = unitsOf(market.lotSize);
  let step = 0n;
  let smallestOrder: bigint | null = null;
  for (const action of actions) {
    if (action.kind === "cancel") continue;
    step = greatestCommonDivisor(step, BigInt(action.price));
    const product = BigInt(action.price) * BigInt(action.size);
    if (smallestOrder === null || product < smallestOrder) smallestOrder = product;
  }
  const naturalStep = (step === 0n ? 1n : step) * LOBSTER_PRICE_UNIT;
  const isNatural = naturalStep % tick === 0n;
  const priceUnit = isNatural
    ? { multiply: LOBSTER_PRICE_UNIT, divide: 1n }
    : { multiply: tick, divide: step };
  const priceOf = (price: number) => (BigInt(price) * priceUnit.multiply) / priceUnit.divide;

  let share = ONE % lot === 0n ? ONE : lot;
  const leastNotional = unitsOf(market.minNotional) * ONE;
  const smallest = ((smallestOrder ?? leastNotional) * priceUnit.multiply) / priceUnit.divide;
  while (smallest > 0n && smallest * share < leastNotional) share *= 10n;

  const perDollar = decimalOf((10_000n * priceUnit.multiply) / priceUnit.divide);
  return {
    price: (price: number) => decimalOf(priceOf(price)),
    quantity: (shares: number | bigint) => decimalOf(BigInt(shares) * share),
    /** What a sum of prices times shares comes to in the quote asset. */
    notional: (sum: bigint) =>
      formatDecimal((sum * priceUnit.multiply * share) / priceUnit.divide, 2 * SCALE),
    /** For people: what a dollar and a share have become. */
    description: `US$ 1 = ${perDollar} ${market.quote}, 1 share = ${decimalOf(share)} ${market.base}`,
  };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
