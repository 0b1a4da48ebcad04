import { type Result, refuse, success } from "../contract/refusal.ts";
import { type Market, notional } from "../market/market.ts";
import type { OrderTerms, OrderType, Side, TimeInForce } from "../matching/order.ts";
import { parseDecimal } from "../money/decimal.ts";
import { faultText, invalid } from "../wallet/amount.ts";

/** An order as a client words it: decimal strings. */
export type OrderRequest = {
  readonly market: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly price?: string | undefined;
  readonly quantity?: string | undefined;
  readonly quoteQuantity?: string | undefined;
  readonly timeInForce?: TimeInForce | undefined;
  readonly clientOrderId?: string | undefined;
};

/** Which fields belong to which type is the contract's; here their numbers are read. Refused in this order: number, tick, lot, notional. */
export function readTerms(
  request: OrderRequest,
  market: Market,
  ids: { id: string; userId: string },
): Result<OrderTerms> {
  const { side, type } = request;
  const spends = type === "market" && side === "buy";
  const common = {
    ...ids,
    side,
    type,
    timeInForce: type === "market" ? ("IOC" as const) : (request.timeInForce ?? "GTC"),
    makerRate: market.makerRate,
    takerRate: market.takerRate,
  };
  if (spends) {
    const budget = parseDecimal(request.quoteQuantity ?? "", market.quote.decimals);
    if (!budget.ok) return invalid("quoteQuantity", faultText(budget.fault, market.quote.decimals));
    if (budget.units === 0n) return invalid("quoteQuantity", "must be greater than 0");
    if (budget.units < market.minNotional) return refuse("NOTIONAL_TOO_SMALL");
    return success({ ...common, quoteBudget: budget.units });
  }
  const priceTicks = type === "limit" ? readPrice(request.price ?? "", market) : success(undefined);
  if (!priceTicks.ok) return priceTicks;
  const quantityLots = readQuantity(request.quantity ?? "", market);
  if (!quantityLots.ok) return quantityLots;
  if (priceTicks.value === undefined) return success({ ...common, quantityLots: quantityLots.value });
  if (notional(market, priceTicks.value, quantityLots.value) < market.minNotional)
    return refuse("NOTIONAL_TOO_SMALL");
  return success({ ...common, priceTicks: priceTicks.value, quantityLots: quantityLots.value });
}

function readPrice(text: string, market: Market): Result<bigint> {
  const parsed = parseDecimal(text, market.priceDecimals);
  if (!parsed.ok && parsed.fault === "too_many_decimals") return refuse("PRICE_NOT_ON_TICK");
  if (!parsed.ok) return invalid("price", faultText(parsed.fault, market.priceDecimals));
  if (parsed.units === 0n) return invalid("price", "must be greater than 0");
  if (parsed.units % market.tickUnits !== 0n) return refuse("PRICE_NOT_ON_TICK");
  return success(parsed.units / market.tickUnits);
}

function readQuantity(text: string, market: Market): Result<bigint> {
  const parsed = parseDecimal(text, market.base.decimals);
  if (!parsed.ok && parsed.fault === "too_many_decimals") return refuse("QUANTITY_NOT_ON_LOT");
  if (!parsed.ok) return invalid("quantity", faultText(parsed.fault, market.base.decimals));
  if (parsed.units === 0n) return invalid("quantity", "must be greater than 0");
  if (parsed.units % market.lotUnits !== 0n) return refuse("QUANTITY_NOT_ON_LOT");
  return success(parsed.units / market.lotUnits);
}
