import type { Condition, Item } from "../store/store.ts";

/**
 * Orders of one user that are accepted in a second: more than any wallet item takes on DynamoDB (`npm run contention`), so that it stops runaway
 * clients only; what holds a busy wallet's owner back is the mark in `hot-wallet.ts`.
 */
export const ORDERS_PER_SECOND = 200;

/**
 * How many orders a user's wallet has taken in the present second, counted by the reserve in the wallet that it writes anyway: one number for
 * each second, which counts up whatever else runs at the same time; a later reserve removes those that it saw of earlier seconds.
 */
const PREFIX = "ordersAt";

function attributeAt(nowMs: number): string {
  return `${PREFIX}${Math.floor(nowMs / 1_000)}`;
}

/** Whether the wallet has taken all the orders that it may in this second. No limit, never. */
export function isRateReached(wallet: Item | undefined, nowMs: number, limit: number | undefined): boolean {
  const taken = (wallet?.[attributeAt(nowMs)] as bigint | undefined) ?? 0n;
  return limit !== undefined && taken >= BigInt(limit);
}

export type RateChange = {
  readonly add?: { readonly [attribute: string]: bigint };
  readonly remove?: readonly string[];
  readonly when?: readonly Condition[];
};

/** What a reserve adds to its wallet write, so that of many calls at once no more than the limit pass. */
export function countOrder(wallet: Item | undefined, nowMs: number, limit: number | undefined): RateChange {
  if (limit === undefined) return {};
  const attribute = attributeAt(nowMs);
  const earlier = Object.keys(wallet ?? {}).filter((name) => name.startsWith(PREFIX) && name !== attribute);
  return {
    add: { [attribute]: 1n },
    ...(earlier.length === 0 ? {} : { remove: earlier }),
    when: [{ attribute, is: "absent_or_below", to: BigInt(limit) }],
  };
}
