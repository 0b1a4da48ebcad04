import { versionKey } from "../journal/journal-items.ts";
import { notional } from "../market/market.ts";
import type { Trade } from "../matching/effects.ts";
import type { MarketState } from "../matching/market-state.ts";
import type { LiveOrder, Side } from "../matching/order.ts";
import type { Replayed } from "../matching/replay.ts";
import type { Item, Key, Write } from "../store/store.ts";
import { depthKey, fillsKey, hourOf, statisticsKey, timeKey, tradesKey } from "./market-items.ts";

/** What a journal entry becomes in `market-data`. Every row is the same whenever it is written again. */

export type Row = { readonly table: "market-data"; readonly item: Item & Key };

/** A public trade: index within its entry, price, lots, the taker's side. */
export type TradeRow = readonly [index: number, priceTicks: string, lots: string, takerSide: Side];
export type FillRow = readonly [
  index: number,
  orderId: string,
  side: Side,
  priceTicks: string,
  lots: string,
  fee: string,
  role: "maker" | "taker",
];

export function rowsOf({ entry, effects }: Replayed): readonly Row[] {
  if (effects.trades.length === 0) return [];
  const trades = effects.trades.map(tradeRow);
  const fills = new Map<string, FillRow[]>();
  effects.trades.forEach((trade, index) => {
    for (const role of ["taker", "maker"] as const) {
      const { userId } = trade[role];
      fills.set(userId, [...(fills.get(userId) ?? []), fillRow(trade, index, role)]);
    }
  });
  const common = { market: entry.market, version: BigInt(entry.version), timeMs: BigInt(entry.timeMs) };
  const version = versionKey(entry.version);
  return [
    {
      table: "market-data",
      item: { pk: tradesKey(entry.market), sk: version, ...common, trades: JSON.stringify(trades) },
    },
    ...[...fills].map(
      ([userId, rows]): Row => ({
        table: "market-data",
        item: {
          pk: fillsKey(userId),
          sk: `${timeKey(entry.timeMs)}#${entry.market}#${version}`,
          ...common,
          fills: JSON.stringify(rows),
        },
      }),
    ),
  ];
}

function tradeRow({ priceTicks, lots, taker }: Trade, index: number): TradeRow {
  return [index, String(priceTicks), String(lots), taker.side];
}

function fillRow(trade: Trade, index: number, role: "maker" | "taker"): FillRow {
  const order: LiveOrder = trade[role];
  const fee = role === "maker" ? trade.makerFee : trade.takerFee;
  return [index, order.id, order.side, String(trade.priceTicks), String(trade.lots), String(fee), role];
}

/** Volume and trades by hour, to be added exactly once: together with the watermark. */
export function statisticsWrites(state: MarketState, replayed: readonly Replayed[]): readonly Write[] {
  const { market } = state;
  const hours = new Map<string, { timeMs: number; base: bigint; quote: bigint; trades: bigint }>();
  for (const { entry, effects } of replayed) {
    for (const { priceTicks, lots } of effects.trades) {
      const hour = hourOf(entry.timeMs);
      const sum = hours.get(hour) ?? { timeMs: entry.timeMs, base: 0n, quote: 0n, trades: 0n };
      sum.base += lots * market.lotUnits;
      sum.quote += notional(market, priceTicks, lots);
      sum.trades += 1n;
      hours.set(hour, sum);
    }
  }
  return [...hours.values()].map(({ timeMs, base, quote, trades }) => ({
    kind: "update",
    table: "market-data",
    key: statisticsKey(market.market, timeMs),
    add: { base, quote, trades },
  }));
}

/** As many levels as a client may ask for, and room for those that trades use up before the next time. */
const DEPTH_LEVELS = 1_500;

/** The depth as of the state's head. Readers apply the levels of later entries to it. */
export function depthRow(state: MarketState): Row {
  const side = (name: Side) => {
    const levels = state.book.levels(name, DEPTH_LEVELS);
    return JSON.stringify(levels.map(([price, lots]) => [String(price), String(lots)]));
  };
  return {
    table: "market-data",
    item: {
      ...depthKey(state.market.market),
      version: BigInt(state.head.version),
      bids: side("buy"),
      asks: side("sell"),
      most: BigInt(DEPTH_LEVELS),
    },
  };
}
