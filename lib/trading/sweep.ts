import { firstIdAt } from "../contract/id.ts";
import type { OrderTerms } from "../matching/order.ts";
import { entered, orderFrom, orderKey } from "../orders/order-item.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { type Item, StoreUnavailable } from "../store/store.ts";
import { voidOrder } from "./void-order.ts";

export type SweepPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log" | "metrics">;

/** An order that is pending for longer has not reached its market, and must not any more. */
export const PENDING_LIMIT_MS = 3 * 60_000;

/** As many as one call reads. */
const READ_AT_ONCE = 100;

/**
 * Voids what has been pending for too long. Only pending orders are in the index that it reads, so it costs what they cost, however many
 * rest on the books. Repeatable, and harmless beside anything else: each void has its own condition.
 */
export async function sweepPendingOrders(
  ports: SweepPorts,
): Promise<{ readonly voided: number; readonly looked: number }> {
  const { store, clock, log, metrics } = ports;
  // Order ids begin with their time.
  const until = orderKey("", firstIdAt(Math.max(0, clock.nowMs() - PENDING_LIMIT_MS))).sk;
  let voided = 0;
  let looked = 0;
  let after: Item | undefined;
  do {
    const page = await store.scan({
      table: "orders",
      index: "pending",
      ...(after === undefined ? {} : { after }),
    });
    const places = page.items
      .map(({ pk, sk }) => ({ table: "orders" as const, key: { pk: String(pk), sk: String(sk) } }))
      .filter(({ key }) => key.sk < until);
    looked += places.length;
    for (let start = 0; start < places.length; start += READ_AT_ONCE) {
      for (const item of await store.getMany(places.slice(start, start + READ_AT_ONCE)))
        if (await voidIfPending(item, ports)) voided++;
    }
    after = page.next;
  } while (after !== undefined);
  if (voided > 0) log.warn("pending_orders_voided", { voided });
  metrics.add("PendingOrdersVoided", "Count", voided);
  return { voided, looked };
}

async function voidIfPending(item: Item | undefined, ports: SweepPorts): Promise<boolean> {
  if (item?.status !== "pending") return false;
  const order = orderFrom(item);
  const market = ports.catalogue.markets.get(order.market);
  try {
    if (market === undefined) throw new Error(`market ${order.market} is not defined`);
    return await voidOrder(order, { market, forget: false }, ports);
  } catch (fault) {
    if (fault instanceof StoreUnavailable) throw fault;
    // One order that cannot be voided must not keep the others pending; the alarm on the metric calls somebody.
    ports.metrics.add("OrdersNotVoided", "Count", 1, { market: order.market });
    ports.log.error("order_not_voided", fault, { orderId: order.terms.id, market: order.market });
    if (market !== undefined) await suspend(order.terms, ports);
    return false;
  }
}

/** An order whose wallet does not hold what it reserved waits for an administrator, like one of a book (`lib/admin/resolve-order`). */
async function suspend({ userId, id }: OrderTerms, { store, clock }: SweepPorts): Promise<void> {
  const { set, remove } = entered(userId);
  await store.write({
    kind: "update",
    table: "orders",
    key: orderKey(userId, id),
    set: { ...set, status: "open", reason: "suspended", updatedAtMs: BigInt(clock.nowMs()) },
    remove,
    when: [{ attribute: "status", is: "equal", to: "pending" }],
  });
}
