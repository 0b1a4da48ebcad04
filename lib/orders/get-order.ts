import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Clock } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";
import { isLive, type OrderRecord, orderFrom, orderKey } from "./order-item.ts";

export type OrderId = { readonly userId: string; readonly orderId: string };

/** Another user's order is not found, as if there were none. */
export async function getOrder(
  { userId, orderId }: OrderId,
  { store }: { store: Store },
): Promise<Result<OrderRecord>> {
  const item = await store.get({ table: "orders", key: orderKey(userId, orderId) });
  return item === undefined ? refuse("NOT_FOUND", "Order not found") : success(orderFrom(item));
}

const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 120;

/** Reads an order until it has left `pending` (or is closed), for `waitMs` at the most; the order as it is then. */
export async function awaitOrder(
  order: OrderRecord,
  { waitMs, until }: { readonly waitMs: number; readonly until: "entered" | "closed" },
  ports: { readonly store: Store; readonly clock: Clock },
): Promise<OrderRecord> {
  const deadlineMs = ports.clock.nowMs() + waitMs;
  const isDone = ({ status }: OrderRecord): boolean =>
    until === "closed" ? !isLive(status) : status !== "pending";
  let current = order;
  for (let pauseMs = FIRST_PAUSE_MS; !isDone(current); pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const leftMs = deadlineMs - ports.clock.nowMs();
    if (leftMs <= 0) return current;
    await ports.clock.sleep(Math.min(pauseMs, leftMs));
    const item = await ports.store.get({
      table: "orders",
      key: orderKey(order.terms.userId, order.terms.id),
    });
    if (item !== undefined) current = orderFrom(item);
  }
  return current;
}
