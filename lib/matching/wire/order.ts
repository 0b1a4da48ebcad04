import type { LiveOrder } from "../order.ts";
import { amount, termsFromWire, termsToWire, type WireTerms } from "./terms.ts";

/** An order with what has become of it, as JSON text carries it. */
export type WireOrder = readonly [terms: WireTerms, filledLots: string, filledQuote: string, fee: string];

export function orderToWire(order: LiveOrder): WireOrder {
  return [termsToWire(order), String(order.filledLots), String(order.filledQuote), String(order.fee)];
}

export function orderFromWire([terms, filledLots, filledQuote, fee]: WireOrder): LiveOrder {
  return {
    ...termsFromWire(terms),
    filledLots: amount(filledLots),
    filledQuote: amount(filledQuote),
    fee: amount(fee),
  };
}
