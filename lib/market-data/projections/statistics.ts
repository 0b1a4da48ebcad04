import { notional } from "../../market/market.ts";
import type { MarketState } from "../../matching/market-state.ts";
import type { Replayed } from "../../matching/replay.ts";
import type { Write } from "../../store/store.ts";
import { hourOf, statisticsKey } from "../market-items.ts";
import type { Projection } from "./projection.ts";

/** The market in figures: volume and trades by hour, and in the summary open orders and fees earned. */
export const STATISTICS = {
  watermark: "version",
  additions: { perEntry: 1, of: hours },
  figures: ({ head, book, fees }) => ({
    timeMs: BigInt(head.timeMs),
    openOrders: BigInt(book.size),
    feesBase: fees.base,
    feesQuote: fees.quote,
  }),
} as const satisfies Projection;

function hours({ market }: MarketState, step: readonly Replayed[]): readonly Write[] {
  const sums = new Map<string, { timeMs: number; base: bigint; quote: bigint; trades: bigint }>();
  for (const { entry, effects } of step) {
    for (const { priceTicks, lots } of effects.trades) {
      const hour = hourOf(entry.timeMs);
      const sum = sums.get(hour) ?? { timeMs: entry.timeMs, base: 0n, quote: 0n, trades: 0n };
      sum.base += lots * market.lotUnits;
      sum.quote += notional(market, priceTicks, lots);
      sum.trades += 1n;
      sums.set(hour, sum);
    }
  }
  return [...sums.values()].map(({ timeMs, base, quote, trades }) => ({
    kind: "update",
    table: "market-data",
    key: statisticsKey(market.market, timeMs),
    add: { base, quote, trades },
  }));
}
