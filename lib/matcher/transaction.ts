import { accountAppliedWrite } from "../desired-state/desired-state.ts";
import { entryWrite } from "../journal/journal-items.ts";
import { gateKey } from "../market/gate.ts";
import type { OrderChange, PendingCancel, Trade } from "../matching/effects.ts";
import type { LiveOrder } from "../matching/order.ts";
import type { Plan } from "../matching/plan.ts";
import { entered, isLive, orderKey } from "../orders/order-item.ts";
import type { Condition, Item, SlotReason, Value, Write } from "../store/store.ts";
import { walletWrite } from "../wallet/wallet-item.ts";

/** What a slot of the commit's transaction is about; a failed one teaches the matcher something about it. */
export type Slot =
  | { readonly kind: "fence" }
  /** The condition is that the order is pending. */
  | { readonly kind: "pending"; readonly orderId: string }
  /** The condition is that the order is suspended and waits for this release. */
  | { readonly kind: "releasable"; readonly commandId: string }
  /** Something that the journal alone changes: its contradiction is a broken invariant. */
  | { readonly kind: "owned"; readonly userId: string }
  /** Written whatever the item holds: how far the market is with what is desired of it. */
  | { readonly kind: "applied" };

export type Transaction = { readonly writes: readonly Write[]; readonly slots: readonly Slot[] };

/** The one transaction of a plan: its journal entry, and every order and wallet that it changes, each once. */
export function transactionOf({ sealed, entry, effects }: Plan): Transaction {
  const writes: Write[] = [entryWrite(sealed)];
  const slots: Slot[] = [{ kind: "fence" }];
  const stamp = { version: BigInt(entry.version), updatedAtMs: BigInt(entry.timeMs) };
  const filled = filledLots(effects.trades);
  for (const change of effects.orders.values()) {
    const fills = fillTimes(change.order, filled.get(change.order.id), entry.timeMs);
    writes.push(orderWrite(change, { ...stamp, ...fills }));
    slots.push(slotOf(change));
  }
  for (const cancel of effects.pendingCancels.values()) {
    writes.push(pendingCancelWrite(cancel, stamp));
    slots.push({ kind: "pending", orderId: cancel.orderId });
  }
  for (const [userId, assets] of effects.wallets) {
    for (const [asset, { available }] of assets) {
      if (available < 0n)
        throw new Error(`the matcher would take ${asset} of ${userId} that was not reserved`);
    }
    writes.push(walletWrite(userId, assets, { set: { [`version:${entry.market}`]: stamp.version } }));
    slots.push({ kind: "owned", userId });
  }
  for (const write of appliedWrites(entry)) {
    writes.push(write);
    slots.push({ kind: "applied" });
  }
  return { writes, slots };
}

function slotOf({ order, isNew, releasedBy }: OrderChange): Slot {
  if (isNew) return { kind: "pending", orderId: order.id };
  return releasedBy === undefined
    ? { kind: "owned", userId: order.userId }
    : { kind: "releasable", commandId: releasedBy };
}

/** What a cancelled transaction means, by precedence: a stale plan fails many slots, and then only the fence counts. */
export type Failure =
  | { readonly kind: "fence" }
  /** The same transaction may succeed later; the users whose wallets others were writing. */
  | { readonly kind: "busy"; readonly conflicts: number; readonly userIds: readonly string[] }
  /** Orders that are not pending, and releases for which no order waits. */
  | { readonly kind: "not_pending"; readonly orderIds: readonly string[] }
  | { readonly kind: "broken"; readonly userIds: readonly string[] };

export function classify(reasons: readonly SlotReason[], slots: readonly Slot[]): Failure {
  const failed = slots.filter((_, index) => reasons[index]?.code === "condition");
  if (failed.some((slot) => slot.kind === "fence")) return { kind: "fence" };
  const conflicts = reasons.filter(({ code }) => code === "conflict").length;
  if (conflicts > 0 || reasons.some(({ code }) => code === "throttled")) {
    const userIds = ownersOf(slots.filter((_, index) => reasons[index]?.code === "conflict"));
    return { kind: "busy", conflicts, userIds };
  }
  const orderIds = failed.flatMap((slot) =>
    slot.kind === "pending" ? [slot.orderId] : slot.kind === "releasable" ? [slot.commandId] : [],
  );
  if (orderIds.length > 0) return { kind: "not_pending", orderIds };
  const userIds = ownersOf(failed);
  if (userIds.length === 0) throw new Error("a transaction was cancelled without a reason");
  return { kind: "broken", userIds };
}

function ownersOf(slots: readonly Slot[]): readonly string[] {
  return [...new Set(slots.flatMap((slot) => (slot.kind === "owned" ? [slot.userId] : [])))];
}

/** What an entry fills of each order. */
function filledLots(trades: readonly Trade[]): ReadonlyMap<string, bigint> {
  const filled = new Map<string, bigint>();
  for (const { maker, taker, lots } of trades)
    for (const { id } of [maker, taker]) filled.set(id, (filled.get(id) ?? 0n) + lots);
  return filled;
}

/** Between these times an order's fills are found among its user's. */
function fillTimes({ filledLots }: LiveOrder, filledNow: bigint | undefined, timeMs: number): Item {
  if (filledNow === undefined) return {};
  const lastFillMs = BigInt(timeMs);
  return filledLots === filledNow ? { firstFillMs: lastFillMs, lastFillMs } : { lastFillMs };
}

function orderWrite(change: OrderChange, stamp: Item): Write {
  const { order, status, reason } = change;
  const enters = change.isNew ? entered(order.userId) : undefined;
  // The reason of a released order is that it was suspended, and a resolution is of one suspension only.
  const remove = [
    ...(enters?.remove ?? (isLive(status) ? [] : ["liveUserId"])),
    ...(change.releasedBy === undefined || reason !== undefined ? [] : ["reason"]),
    ...(reason === "suspended" ? ["resolution"] : []),
  ];
  return {
    kind: "update",
    table: "orders",
    key: orderKey(order.userId, order.id),
    set: {
      ...stamp,
      status,
      filledLots: order.filledLots,
      filledQuote: order.filledQuote,
      fee: order.fee,
      ...(reason === undefined ? {} : { reason }),
      ...(isLive(status) ? enters?.set : {}),
    },
    ...(remove.length === 0 ? {} : { remove }),
    ...orderCondition(change),
  };
}

/** A suspended order is written whatever the table holds: where that contradicts the journal, it is what the order is suspended for. */
function orderCondition({ isNew, releasedBy, reason }: OrderChange): {
  readonly when?: readonly Condition[];
} {
  if (isNew) return { when: [{ attribute: "status", is: "equal", to: "pending" }] };
  if (releasedBy !== undefined) return { when: isToBeReleased(releasedBy) };
  return reason === "suspended" ? {} : { when: [{ attribute: "liveUserId", is: "present" }] };
}

/** A release that was decided on by this operation, and not by a later one or none. */
function isToBeReleased(operationId: string): readonly Condition[] {
  return [
    { attribute: "reason", is: "equal", to: "suspended" },
    { attribute: "resolution", is: "equal", to: operationId },
  ];
}

function pendingCancelWrite({ userId, orderId, reason }: PendingCancel, stamp: Item): Write {
  return {
    kind: "update",
    table: "orders",
    key: orderKey(userId, orderId),
    set: { ...stamp, status: "cancelled", reason },
    remove: ["pendingUserId"],
    when: [{ attribute: "status", is: "equal", to: "pending" }],
  };
}

/** The gate's status, and the numbers of what was desired and is applied now: the last of each. */
function appliedWrites({ market, events }: Plan["entry"]): readonly Write[] {
  const gate: Record<string, Value> = {};
  const accounts = new Map<string, number>();
  for (const event of events) {
    if (event.type === "account_status_set") accounts.set(event.userId, event.number);
    if (event.type !== "status_set") continue;
    gate.status = event.status;
    if (event.number !== undefined) gate.applied = BigInt(event.number);
  }
  const gates: readonly Write[] =
    gate.status === undefined
      ? []
      : [{ kind: "update", table: "market-data", key: gateKey(market), set: gate }];
  return [...gates, ...[...accounts].map(([userId, number]) => accountAppliedWrite(market, userId, number))];
}
