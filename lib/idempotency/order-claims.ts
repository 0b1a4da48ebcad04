import type { Item, Write } from "../store/store.ts";
import { expiryOf, type IdempotencyKey, requestPlace } from "./request-item.ts";

/** What an order takes for itself when it is accepted: its client order id and its idempotency key, where it has them. */
export type OrderClaims = {
  readonly userId: string;
  readonly orderId: string;
  readonly clientOrderId?: string | undefined;
  readonly bodyFingerprint: string;
  readonly idempotency?: IdempotencyKey | undefined;
  readonly timeMs: number;
};

/** The writes that take both, on condition that they are free. */
export function claimWrites(claims: OrderClaims): readonly (Write & { readonly kind: "update" })[] {
  const { userId, orderId, clientOrderId, idempotency } = claims;
  const expiresAt = expiryOf(claims.timeMs);
  const client: Item = { clientFingerprint: claims.bodyFingerprint, clientOrderId: orderId };
  const claim: Item =
    idempotency === undefined ? {} : { fingerprint: idempotency.fingerprint, operationId: orderId };
  const clientIsFree = { attribute: "clientOrderId", is: "absent" } as const;
  const keyIsFree = { attribute: "operationId", is: "absent" } as const;
  const update = (text: string) => ({ kind: "update", ...requestPlace(userId, text) }) as const;
  const writes: (Write & { readonly kind: "update" })[] = [];
  const isOne = clientOrderId === idempotency?.key;
  if (clientOrderId !== undefined) {
    writes.push({
      ...update(clientOrderId),
      set: { ...client, ...(isOne ? claim : {}), expiresAt },
      when: isOne ? [clientIsFree, keyIsFree] : [clientIsFree],
    });
  }
  if (idempotency !== undefined && !isOne) {
    writes.push({ ...update(idempotency.key), set: { ...claim, expiresAt }, when: [keyIsFree] });
  }
  return writes;
}

/** Gives both back, so that a retry starts anew: for an order that never entered its market. */
export function releaseWrites(claims: {
  readonly userId: string;
  readonly clientOrderId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}): readonly Write[] {
  const { userId, clientOrderId, idempotencyKey } = claims;
  const clientFacet = ["clientFingerprint", "clientOrderId"];
  const keyFacet = ["fingerprint", "operationId", "answer"];
  const release = (text: string, remove: readonly string[]): Write => ({
    kind: "update",
    ...requestPlace(userId, text),
    remove,
  });
  if (clientOrderId !== undefined && clientOrderId === idempotencyKey)
    return [release(clientOrderId, [...clientFacet, ...keyFacet])];
  return [
    ...(clientOrderId === undefined ? [] : [release(clientOrderId, clientFacet)]),
    ...(idempotencyKey === undefined ? [] : [release(idempotencyKey, keyFacet)]),
  ];
}
