import type { Item, Key, Write } from "../store/store.ts";

/**
 * What a client has named, in the table `requests`: one item per user and text, with a facet for its use as idempotency key
 * (`fingerprint`, `operationId`, `answer`) and one for its use as client order id (`clientFingerprint`, `clientOrderId`: the
 * order's id). Where both are the same text, it is one item. Client order ids are kept for ever, so an item with that facet
 * carries no `expiresAt`.
 */
export function requestKey(userId: string, text: string): Key {
  return { pk: userId, sk: `KEY#${text}` };
}

/** Idempotency keys are kept for two days; the contract promises one. */
export const IDEMPOTENCY_TTL_S = 48 * 60 * 60;

/** An idempotency key that the edge has found unused. */
export type IdempotencyClaim = {
  readonly key: string;
  /** Of method, path and body. */
  readonly fingerprint: string;
  /** The key's item exists as a client order id, so it must not expire. */
  readonly shared: boolean;
};

export type OrderNames = {
  readonly userId: string;
  readonly orderId: string;
  readonly clientOrderId?: string | undefined;
  readonly bodyFingerprint: string;
  readonly idempotency?: IdempotencyClaim | undefined;
  readonly timeMs: number;
};

/** The writes that name an order, on condition that its names are free. */
export function nameWrites(names: OrderNames): readonly (Write & { readonly kind: "update" })[] {
  const { userId, orderId, clientOrderId, idempotency } = names;
  const client: Item = { clientFingerprint: names.bodyFingerprint, clientOrderId: orderId };
  const claim: Item =
    idempotency === undefined ? {} : { fingerprint: idempotency.fingerprint, operationId: orderId };
  const clientIsFree = { attribute: "clientOrderId", is: "absent" } as const;
  const keyIsFree = { attribute: "operationId", is: "absent" } as const;
  const update = (text: string) =>
    ({ kind: "update", table: "requests", key: requestKey(userId, text) }) as const;
  const writes: (Write & { readonly kind: "update" })[] = [];
  const isOne = clientOrderId === idempotency?.key;
  if (clientOrderId !== undefined) {
    writes.push({
      ...update(clientOrderId),
      set: isOne ? { ...client, ...claim } : client,
      remove: ["expiresAt"],
      when: isOne ? [clientIsFree, keyIsFree] : [clientIsFree],
    });
  }
  if (idempotency !== undefined && !isOne) {
    const expiry: Item = { expiresAt: BigInt(Math.floor(names.timeMs / 1_000) + IDEMPOTENCY_TTL_S) };
    writes.push({
      ...update(idempotency.key),
      set: idempotency.shared ? claim : { ...claim, ...expiry },
      when: [keyIsFree, { attribute: "clientOrderId", is: idempotency.shared ? "present" : "absent" }],
    });
  }
  return writes;
}

/** Forgets an order's names, so that a retry starts anew: for an order that never entered its market. */
export function forgetWrites(names: {
  readonly userId: string;
  readonly clientOrderId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}): readonly Write[] {
  const { userId, clientOrderId, idempotencyKey } = names;
  const clientFacet = ["clientFingerprint", "clientOrderId"];
  const keyFacet = ["fingerprint", "operationId", "answer"];
  const forget = (text: string, remove: readonly string[]): Write => ({
    kind: "update",
    table: "requests",
    key: requestKey(userId, text),
    remove,
  });
  if (clientOrderId !== undefined && clientOrderId === idempotencyKey)
    return [forget(clientOrderId, [...clientFacet, ...keyFacet])];
  return [
    ...(clientOrderId === undefined ? [] : [forget(clientOrderId, clientFacet)]),
    ...(idempotencyKey === undefined ? [] : [forget(idempotencyKey, keyFacet)]),
  ];
}
