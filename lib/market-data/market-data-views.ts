import { isoTime } from "../contract/time.ts";
import { type Catalogue, formatPrice, formatQuantity, type Market } from "../market/market.ts";
import { feeView } from "../orders/order-view.ts";
import type { OrderBook } from "./depth.ts";
import type { OwnFill, PublicTrade } from "./list-trades.ts";

/** Market data as the contract words it. */

export function orderBookView(name: string, book: OrderBook, catalogue: Catalogue) {
  const market = definitionOf(name, catalogue);
  const levels = (side: OrderBook["bids"]): [string, string][] =>
    side.map(([price, lots]) => [formatPrice(market, price), formatQuantity(market, lots)]);
  return { market: name, version: book.version, bids: levels(book.bids), asks: levels(book.asks) };
}

export function tradeView(trade: PublicTrade, catalogue: Catalogue) {
  const market = definitionOf(trade.market, catalogue);
  return {
    id: trade.id,
    price: formatPrice(market, trade.priceTicks),
    quantity: formatQuantity(market, trade.lots),
    takerSide: trade.takerSide,
    time: isoTime(trade.timeMs),
  };
}

export function fillView(fill: OwnFill, catalogue: Catalogue) {
  const market = definitionOf(fill.market, catalogue);
  return {
    id: fill.id,
    orderId: fill.orderId,
    market: fill.market,
    side: fill.side,
    price: formatPrice(market, fill.priceTicks),
    quantity: formatQuantity(market, fill.lots),
    fee: feeView(market, fill.side, fill.fee),
    role: fill.role,
    time: isoTime(fill.timeMs),
  };
}

function definitionOf(name: string, catalogue: Catalogue): Market {
  const market = catalogue.markets.get(name);
  if (market === undefined) throw new Error(`market ${name} is not defined`);
  return market;
}
