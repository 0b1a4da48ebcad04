import { formatDecimal, parseDecimal } from "../../lib/money/decimal.ts";
import type { Market } from "../exchange/types.ts";
import type { Action } from "./planner.ts";

/** Writes the record's prices and sizes as the market's decimal strings, exactly. */
export type Mapping = {
  price(lobsterPrice: number): string;
  quantity(shares: number | bigint): string;
  /** What a sum of prices times shares comes to in the quote asset. */
  notional(priceTimesShares: bigint): string;
  /** For people: what a dollar and a share have become. */
  readonly description: string;
};

/** Every number of the API has fewer decimals than this, so that all of them are whole numbers at this scale. */
const SCALE = 18;
const ONE = 10n ** BigInt(SCALE);
const LOBSTER_PRICE_UNIT = ONE / 10_000n;

/**
 * A dollar is one of the quote asset and a share one of the base asset where the market's tick and lot allow it.
 * Otherwise the smallest price step of the record becomes one tick, and a share one lot; and a share grows tenfold
 * until the smallest order reaches the market's least notional.
 */
export function mapTo(market: Market, actions: Iterable<Action>): Mapping {
  const tick = scaled(market.tickSize);
  const lot = scaled(market.lotSize);
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
  const leastNotional = scaled(market.minNotional) * ONE;
  const smallest = ((smallestOrder ?? leastNotional) * priceUnit.multiply) / priceUnit.divide;
  while (smallest > 0n && smallest * share < leastNotional) share *= 10n;

  const perDollar = formatDecimal((10_000n * priceUnit.multiply) / priceUnit.divide, SCALE);
  return {
    price: (price) => formatDecimal(priceOf(price), SCALE),
    quantity: (shares) => formatDecimal(BigInt(shares) * share, SCALE),
    notional: (sum) => formatDecimal((sum * priceUnit.multiply * share) / priceUnit.divide, 2 * SCALE),
    description: `US$ 1 = ${perDollar} ${market.quote}, 1 share = ${formatDecimal(share, SCALE)} ${market.base}`,
  };
}

function scaled(text: string): bigint {
  const parsed = parseDecimal(text, SCALE);
  if (!parsed.ok) throw new Error(`the market's "${text}" is not a decimal: ${parsed.fault}`);
  return parsed.units;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
