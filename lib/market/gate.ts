import type { Item, Key } from "../store/store.ts";
import type { MarketStatus } from "./market.ts";

/**
 * A market's gate: what the accepting side reads before it takes an order. It has two writers that never touch each other's attributes:
 * `desired` is what was asked for, `status` what the market itself is, as its matcher last committed it. The gate is closed where
 * either says so: a halt closes it before it has taken its turn in the queue, and an opening opens it when it has.
 * A market without a gate item has never been halted.
 */
export function gateKey(market: string): Key {
  return { pk: `MARKET#${market}`, sk: "GATE" };
}

export function gateStatus(item: Item | undefined): MarketStatus {
  return item?.desired === "halted" || item?.status === "halted" ? "halted" : "open";
}
