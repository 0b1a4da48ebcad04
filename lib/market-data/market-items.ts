import { isoTime } from "../contract/time.ts";
import type { Item, Key } from "../store/store.ts";

/** Where projections stand in the table `market-data`. */

/** The projections' watermarks, an attribute each, and the market in figures. */
export function summaryKey(market: string): Key {
  return { pk: `MARKET#${market}`, sk: "SUMMARY" };
}

/** The version up to which every projection has come, also those that only a newer or an older program knows. */
export function lowestWatermark(summary: Item | undefined): number {
  const watermarks = Object.entries(summary ?? {}).flatMap(([name, value]) =>
    name === "version" || name.startsWith("version:") ? [Number(value)] : [],
  );
  return watermarks.length === 0 ? 0 : Math.min(...watermarks);
}

export function depthKey(market: string): Key {
  return { pk: `MARKET#${market}`, sk: "DEPTH" };
}

/** Public trades: one item per journal entry that has any; sk is the version. */
export function tradesKey(market: string): string {
  return `TRADES#${market}`;
}

/** A user's own fills: one item per journal entry; sk is time, market, version. */
export function fillsKey(userId: string): string {
  return `FILLS#${userId}`;
}

/** Times as thirteen digits sort as text until the year 2286. */
export function timeKey(timeMs: number): string {
  return String(timeMs).padStart(13, "0");
}

/** Volume and trades of an hour, UTC. */
export function statisticsKey(market: string, timeMs: number): Key {
  return { pk: `STATISTICS#${market}`, sk: hourOf(timeMs) };
}

export function hourOf(timeMs: number): string {
  return isoTime(timeMs).slice(0, 13);
}

/** Market, version and index: derived, not drawn, and in order of time. */
export function tradeId(trade: {
  readonly market: string;
  readonly version: number;
  readonly index: number;
}): string {
  return `${trade.market}-${String(trade.version).padStart(12, "0")}-${String(trade.index).padStart(3, "0")}`;
}
