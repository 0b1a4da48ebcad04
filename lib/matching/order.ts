import { type Market, notional } from "../market/market.ts";

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market";
export type TimeInForce = "GTC" | "IOC";

/** What a client ordered. Never changes; commands carry it, so that the matcher reads nothing. */
export type OrderTerms = {
  readonly id: string;
  readonly userId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Limit orders only. */
  readonly priceTicks?: bigint;
  /** All orders but market buys. */
  readonly quantityLots?: bigint;
  /** Market buys only: what may be spent, in the quote's smallest units. */
  readonly quoteBudget?: bigint;
  /** Millionths, fixed when the order was accepted. */
  readonly makerRate: bigint;
  readonly takerRate: bigint;
};

/** An order inside the matcher. `filledQuote` and `fee` are in smallest units; the fee's asset is what the order receives. */
export type LiveOrder = OrderTerms & {
  filledLots: bigint;
  filledQuote: bigint;
  fee: bigint;
};

export function toLive(terms: OrderTerms): LiveOrder {
  return { ...terms, filledLots: 0n, filledQuote: 0n, fee: 0n };
}

/** Lots still wanted. A market buy wants money's worth, not lots. */
export function remainingLots(order: LiveOrder): bigint {
  if (order.quantityLots === undefined) throw new Error(`order ${order.id} has no quantity`);
  return order.quantityLots - order.filledLots;
}

export function limitPrice(order: OrderTerms): bigint {
  if (order.priceTicks === undefined) throw new Error(`order ${order.id} has no price`);
  return order.priceTicks;
}

/** The asset that an order's hold is in. */
export function holdAsset(market: Market, side: Side): string {
  return side === "buy" ? market.quote.asset : market.base.asset;
}

/** The asset that an order receives, and pays its fee in. */
export function receivedAsset(market: Market, side: Side): string {
  return side === "buy" ? market.base.asset : market.quote.asset;
}

/** What is still locked for an order, in smallest units of its hold's asset: all that its rest can cost. */
export function remainingHold(market: Market, order: LiveOrder): bigint {
  if (order.side === "sell") return remainingLots(order) * market.lotUnits;
  if (order.quoteBudget !== undefined) return order.quoteBudget - order.filledQuote;
  return notional(market, limitPrice(order), remainingLots(order));
}

/** What is locked when an order is accepted. */
export function initialHold(market: Market, terms: OrderTerms): bigint {
  return remainingHold(market, toLive(terms));
}
