import type { Key, Place } from "../store/store.ts";

/**
 * Texts that clients choose, in the table `requests`: one item per user and text, with a facet for its use as idempotency key
 * (`fingerprint`, `operationId`, `startedMs`, `answer`) and one for its use as client order id (`clientFingerprint`, `clientOrderId`: the
 * order's id). Where both are the same text, it is one item. Client order ids are kept for good, so an item with that facet
 * carries no `expiresAt`: its time to live would end the client order id with the key.
 */
export function requestKey(userId: string, text: string): Key {
  return { pk: userId, sk: `KEY#${text}` };
}

export function requestPlace(userId: string, text: string): Place {
  return { table: "requests", key: requestKey(userId, text) };
}

/** When an idempotency key that is used now may be forgotten, seconds since 1970: the contract promises one day, and slow retries get two. */
export function expiryOfKey(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs / 1_000) + 48 * 60 * 60);
}

/** An idempotency key that was found unused; a use case that writes its record in its own transaction is given it. */
export type IdempotencyKey = {
  readonly key: string;
  /** Of method, path and body. */
  readonly fingerprint: string;
  /** The key's item exists as a client order id, so it must not expire. */
  readonly shared: boolean;
};
