import { isoTime } from "../contract/time.ts";
import { type Catalogue, formatPrice, formatQuantity, type Market } from "../market/market.ts";
import { type OrderType, receivedAsset, type TimeInForce } from "../matching/order.ts";
import { formatDecimal } from "../money/decimal.ts";
import { divideHalfUp } from "../money/rounding.ts";
import type { OrderRecord, OrderStatus } from "./order-item.ts";

/** An order as the contract words it: decimal strings, ISO times, null where a value is absent. */
export type OrderView = {
  readonly id: string;
  readonly clientOrderId: string | null;
  readonly market: string;
  readonly side: "buy" | "sell";
  readonly type: OrderType;
  readonly price: string | null;
  readonly quantity: string | null;
  readonly quoteQuantity: string | null;
  readonly filledQuantity: string;
  readonly filledQuote: string;
  readonly averagePrice: string | null;
  readonly fee: { readonly asset: string; readonly amount: string };
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly timeInForce: TimeInForce;
  readonly version: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

const AVERAGE_PRICE_DECIMALS = 10;

export function orderView(order: OrderRecord, catalogue: Catalogue): OrderView {
  const { terms } = order;
  const market = catalogue.markets.get(order.market);
  if (market === undefined)
    throw new Error(`order ${terms.id} is of market ${order.market}, which is not defined`);
  return {
    id: terms.id,
    clientOrderId: order.clientOrderId ?? null,
    market: order.market,
    side: terms.side,
    type: terms.type,
    price: terms.priceTicks === undefined ? null : formatPrice(market, terms.priceTicks),
    quantity: terms.quantityLots === undefined ? null : formatQuantity(market, terms.quantityLots),
    quoteQuantity:
      terms.quoteBudget === undefined ? null : formatDecimal(terms.quoteBudget, market.quote.decimals),
    filledQuantity: formatQuantity(market, order.filledLots),
    filledQuote: formatDecimal(order.filledQuote, market.quote.decimals),
    averagePrice: averagePrice(market, order),
    fee: feeView(market, terms.side, order.fee),
    status: order.status,
    reason: order.reason ?? null,
    timeInForce: terms.timeInForce,
    version: order.version ?? null,
    createdAt: isoTime(order.createdAtMs),
    updatedAt: isoTime(order.updatedAtMs),
  };
}

/** A fee is in the asset that was received. */
export function feeView(
  market: Market,
  side: "buy" | "sell",
  fee: bigint,
): { readonly asset: string; readonly amount: string } {
  const asset = receivedAsset(market, side);
  const { decimals } = side === "buy" ? market.base : market.quote;
  return { asset, amount: formatDecimal(fee, decimals) };
}

/** Quote paid per base received, rounded half up. Null before the first fill. */
function averagePrice(market: Market, { filledLots, filledQuote }: OrderRecord): string | null {
  if (filledLots === 0n) return null;
  const numerator = filledQuote * 10n ** BigInt(AVERAGE_PRICE_DECIMALS + market.base.decimals);
  const divisor = filledLots * market.lotUnits * 10n ** BigInt(market.quote.decimals);
  return formatDecimal(divideHalfUp(numerator, divisor), AVERAGE_PRICE_DECIMALS);
}
