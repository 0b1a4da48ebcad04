import { formatDecimal } from "../../lib/money/decimal.ts";
import { decimalOf, unitsOf } from "../exchange/decimal.ts";
import type { Market } from "../exchange/types.ts";

/** A market's rules in a form to compute with. Ideas of price are fractions; what is sent is whole ticks and lots. */
export type Terms = ReturnType<typeof termsOf>;

/** Prices move between deciding and arriving, so the smallest orders keep some distance from the least notional. */
const NOTIONAL_MARGIN = 1.2;
const BUDGET_DECIMALS = 6;

export function termsOf(market: Market) {
  const tick = { units: unitsOf(market.tickSize), size: Number(market.tickSize) };
  const lot = { units: unitsOf(market.lotSize), size: Number(market.lotSize) };
  const minNotional = Number(market.minNotional);
  const least = minNotional * NOTIONAL_MARGIN;
  const inHalves = (units: bigint, count: number) => decimalOf((units * BigInt(Math.round(count * 2))) / 2n);
  return {
    market: market.market,
    base: market.base,
    quote: market.quote,
    minNotional,
    lot: lot.size,
    /** The nearest price on a tick, plus so many ticks; halves of ticks are for orders that are to be refused. */
    price: (near: number, moreTicks = 0) =>
      inHalves(tick.units, Math.max(1, Math.round(near / tick.size) + moreTicks)),
    /** As many lots as the value buys at the price, but enough for the least notional. */
    quantity: (value: number, price: number) =>
      inHalves(lot.units, Math.ceil(Math.max(value, least) / price / lot.size)),
    /** So many lots exactly; halves of lots are for orders that are to be refused. */
    lots: (count: number) => inHalves(lot.units, count),
    /** An amount of the quote asset, of at least the least notional. */
    budget: (value: number) => {
      const units = Math.ceil(Math.max(value, least) * 10 ** BUDGET_DECIMALS);
      return formatDecimal(BigInt(units), BUDGET_DECIMALS);
    },
  };
}
