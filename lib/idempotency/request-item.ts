import { type RetryPorts, withRetries } from "../store/retries.ts";
import type { Item, Key, Place, Store } from "../store/store.ts";

/**
 * Texts that clients choose, in the table `requests`: one item per user and text, with a facet for its use as idempotency key
 * (`fingerprint`, `operationId`, `startedMs`, `answer`) and one for its use as client order id (`clientFingerprint`, `clientOrderId`: the
 * order's id). Where both are the same text, it is one item. Whoever uses a text last sets anew when the item expires, so each use is
 * remembered for as long as was promised.
 */
export function requestKey(userId: string, text: string): Key {
  return { pk: userId, sk: `KEY#${text}` };
}

export function requestPlace(userId: string, text: string): Place {
  return { table: "requests", key: requestKey(userId, text) };
}

/** When what is used now may be forgotten, seconds since 1970: the contract promises one day, and slow retries get two. */
export function expiryOf(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs / 1_000) + 48 * 60 * 60);
}

/** Whether an item is past its time: DynamoDB removes it some time later, and until then it counts as absent. */
export function isExpired(item: Item | undefined, nowMs: number): boolean {
  return typeof item?.expiresAt === "bigint" && item.expiresAt * 1000n <= BigInt(nowMs);
}

/** Removes an item that was seen to be past its time, for writes that depend on there being none; one that is used anew meanwhile stays. */
export async function forgetExpired(
  place: Place,
  item: Item,
  ports: RetryPorts & { readonly store: Store },
): Promise<void> {
  const isSame = { attribute: "expiresAt", is: "equal", to: item.expiresAt ?? 0n } as const;
  await withRetries(() => ports.store.write({ kind: "delete", ...place, when: [isSame] }), ports);
}

/** An idempotency key that was found unused; a use case that writes its record in its own transaction is given it. */
export type IdempotencyKey = {
  readonly key: string;
  /** Of method, path and body. */
  readonly fingerprint: string;
};
