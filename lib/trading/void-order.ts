import { releaseWrites } from "../idempotency/order-claims.ts";
import type { Market } from "../market/market.ts";
import { holdAsset, initialHold } from "../matching/order.ts";
import { type OrderRecord, orderKey } from "../orders/order-item.ts";
import type { Clock } from "../ports/ports.ts";
import type { RetryPorts } from "../store/retries.ts";
import { withRetries } from "../store/retries.ts";
import type { Store } from "../store/store.ts";
import { walletWrite } from "../wallet/wallet-item.ts";

/**
 * Takes back an order that did not reach its market: rejected and hold released in one transaction, on condition that it is still pending.
 * `forget` gives its client order id and idempotency key back as well, so that a retry starts anew: only where nobody has been told that the order was accepted. If its command arrives after all, the matcher's own condition fails and drops it.
 *
 * @returns false where the order is not pending any more: then its market has it, or somebody else voided it.
 */
export async function voidOrder(
  order: OrderRecord,
  { market, forget }: { readonly market: Market; readonly forget: boolean },
  ports: RetryPorts & { readonly store: Store; readonly clock: Clock },
): Promise<boolean> {
  const { terms } = order;
  const hold = initialHold(market, terms);
  const outcome = await withRetries(
    () =>
      ports.store.transact([
        {
          kind: "update",
          table: "orders",
          key: orderKey(terms.userId, terms.id),
          set: { status: "rejected", reason: "not_enqueued", updatedAtMs: BigInt(ports.clock.nowMs()) },
          remove: ["pendingUserId"],
          when: [{ attribute: "status", is: "equal", to: "pending" }],
        },
        walletWrite(
          terms.userId,
          new Map([[holdAsset(market, terms.side), { available: hold, locked: -hold }]]),
        ),
        ...(forget ? releaseWrites({ ...order, userId: terms.userId }) : []),
      ]),
    ports,
  );
  if (outcome.ok) return true;
  if (outcome.reasons[0]?.code === "condition") return false;
  throw new Error(`order ${terms.id} cannot be voided: its wallet does not hold what it reserved`);
}
