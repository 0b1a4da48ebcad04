import type { Item, Key, Write } from "../store/store.ts";
import type { MarketStatus } from "./market.ts";

/**
 * A market's gate: what the accepting side reads before it takes an order. It closes before the halt takes its turn in the queue, and
 * opens when the resumption has taken its turn. A market without a gate item has never been halted.
 */
export function gateKey(market: string): Key {
  return { pk: `MARKET#${market}`, sk: "GATE" };
}

export function gateStatus(item: Item | undefined): MarketStatus {
  return item?.status === "halted" ? "halted" : "open";
}

export function gateWrite(market: string, status: MarketStatus): Write {
  return { kind: "update", table: "market-data", key: gateKey(market), set: { status } };
}
