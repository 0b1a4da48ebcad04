import { firstIdAt } from "../contract/id.ts";
import { orderFrom, orderKey } from "../orders/order-item.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { type Item, type Key, StoreUnavailable } from "../store/store.ts";
import { voidOrder } from "./void-order.ts";

export type SweepPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log" | "metrics">;

/** An order that is pending for longer has not reached its market, and must not any more. */
export const PENDING_LIMIT_MS = 3 * 60_000;

/**
 * Order ids begin with their time. Up to the mark, all orders were looked at when they were older than the limit; as an index
 * may lag and clocks differ, each sweep begins this much before the mark.
 */
const OVERLAP_MS = 15 * 60_000;
const MARK: Key = { pk: "SWEEPER", sk: "MARK" };

/** Voids what has been pending for too long. Repeatable, and harmless beside anything else: each void has its own condition. */
export async function sweepPendingOrders(
  ports: SweepPorts,
): Promise<{ readonly voided: number; readonly looked: number }> {
  const { store, clock, log, metrics } = ports;
  const untilMs = clock.nowMs() - PENDING_LIMIT_MS;
  const mark = await store.get({ table: "orders", key: MARK });
  const fromMs = mark === undefined ? 0 : Number(mark.sweptMs) - OVERLAP_MS;
  const from = orderSortKey(Math.max(0, fromMs));
  const until = orderSortKey(Math.max(0, untilMs));
  let voided = 0;
  let looked = 0;
  let after: Item | undefined;
  do {
    const page = await store.scan({
      table: "orders",
      index: "live",
      ...(after === undefined ? {} : { after }),
    });
    for (const { pk, sk } of page.items) {
      if (typeof sk !== "string" || sk < from || sk > until) continue;
      looked++;
      if (await voidIfPending({ pk: String(pk), sk }, ports)) voided++;
    }
    after = page.next;
  } while (after !== undefined);
  // Only forwards: of two sweeps at once, the later one's mark stays.
  await store.write({
    kind: "update",
    table: "orders",
    key: MARK,
    set: { sweptMs: BigInt(untilMs) },
    when: [{ attribute: "sweptMs", is: "absent_or_below", to: BigInt(untilMs) }],
  });
  if (voided > 0) log.warn("pending_orders_voided", { voided });
  metrics.add("PendingOrdersVoided", "Count", voided);
  return { voided, looked };
}

async function voidIfPending(key: Key, ports: SweepPorts): Promise<boolean> {
  const item = await ports.store.get({ table: "orders", key });
  if (item?.status !== "pending") return false;
  const order = orderFrom(item);
  const market = ports.catalogue.markets.get(order.market);
  try {
    if (market === undefined) throw new Error(`market ${order.market} is not defined`);
    return await voidOrder(order, { market, forget: false }, ports);
  } catch (fault) {
    if (fault instanceof StoreUnavailable) throw fault;
    // One order that cannot be voided must not keep the others pending; the alarm on the metric calls somebody.
    ports.metrics.add("OrdersNotVoided", "Count", 1);
    ports.log.error("order_not_voided", fault, { orderId: order.terms.id, market: order.market });
    if (market !== undefined) await suspend(key, ports);
    return false;
  }
}

/** An order whose wallet does not hold what it reserved waits for an administrator, like one of a book (`lib/admin/resolve-order`). */
async function suspend(key: Key, { store, clock }: SweepPorts): Promise<void> {
  await store.write({
    kind: "update",
    table: "orders",
    key,
    set: { status: "open", reason: "suspended", updatedAtMs: BigInt(clock.nowMs()) },
    when: [{ attribute: "status", is: "equal", to: "pending" }],
  });
}

/** The sort key before which all orders of earlier times stand. */
function orderSortKey(timeMs: number): string {
  return orderKey("", firstIdAt(timeMs)).sk;
}
