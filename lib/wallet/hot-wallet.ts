import type { Item, Place, Write } from "../store/store.ts";

/**
 * The mark of a wallet that a market could not write because others kept writing it: an item of its own, so that it can be set and seen
 * while the wallet is contended for. While it stands, the API reserves nothing from that wallet, and the markets that wait for it get it:
 * their queues stand still meanwhile, a client's call does not.
 */
export function hotMarkPlace(userId: string): Place {
  return { table: "wallets", key: { pk: `USER#${userId}`, sk: "HOT" } };
}

/** Unconditional, as it decides nothing but who tries again later. */
export function hotMarkWrite(userId: string, untilMs: number): Write {
  return { kind: "update", ...hotMarkPlace(userId), set: { hotUntilMs: BigInt(untilMs) } };
}

export function isHot(mark: Item | undefined, nowMs: number): boolean {
  return mark !== undefined && (mark.hotUntilMs as bigint) > BigInt(nowMs);
}
