import { versionKey } from "../../journal/journal-items.ts";
import type { Trade } from "../../matching/effects.ts";
import type { LiveOrder, Side } from "../../matching/order.ts";
import type { Replayed } from "../../matching/replay.ts";
import { fillsKey, timeKey, tradesKey } from "../market-items.ts";
import type { Projection, Row } from "./projection.ts";

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

/** The tape of a market and the fills of its users: a row for each entry that traded, and one for each user in it. */
export const TRADES = { watermark: "version:trades", rows: tradeRows } as const satisfies Projection;

function tradeRows({ entry, effects }: Replayed): readonly Row[] {
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
