import type { CloseReason } from "../matching/event.ts";
import type { OrderTerms, OrderType, Side, TimeInForce } from "../matching/order.ts";
import type { Item, Key } from "../store/store.ts";

export type OrderStatus =
  | "pending"
  | "open"
  | "partially_filled"
  | "filled"
  | "cancelled"
  | "rejected"
  | "expired";
export type OrderReason = CloseReason | "suspended" | "not_enqueued";

export const LIVE_STATUSES: readonly OrderStatus[] = ["pending", "open", "partially_filled"];

/** An order as the table holds it: terms, and what has become of it. */
export type OrderRecord = {
  readonly market: string;
  readonly terms: OrderTerms;
  readonly clientOrderId?: string;
  /** Under which the order was made, so that a void can forget it. */
  readonly idempotencyKey?: string;
  readonly status: OrderStatus;
  readonly reason?: OrderReason;
  /** The operation by which an administrator has resolved its suspension, or is about to. */
  readonly resolution?: string;
  readonly filledLots: bigint;
  readonly filledQuote: bigint;
  readonly fee: bigint;
  /** Market times of its first and last fill. */
  readonly firstFillMs?: number;
  readonly lastFillMs?: number;
  /** The journal version that last changed it; absent while pending. */
  readonly version?: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export function orderKey(userId: string, orderId: string): Key {
  return { pk: `USER#${userId}`, sk: `ORDER#${orderId}` };
}

export function isLive(status: OrderStatus): boolean {
  return LIVE_STATUSES.includes(status);
}

/** The item of a new, pending order. `pendingUserId` puts it into the index of pending orders until it enters its market (`entered`) or closes. */
export function pendingOrderItem(record: OrderRecord): Item & Key {
  const { terms } = record;
  return {
    ...orderKey(terms.userId, terms.id),
    pendingUserId: terms.userId,
    market: record.market,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce,
    ...optional("priceTicks", terms.priceTicks),
    ...optional("quantityLots", terms.quantityLots),
    ...optional("quoteBudget", terms.quoteBudget),
    makerRate: terms.makerRate,
    takerRate: terms.takerRate,
    ...optional("clientOrderId", record.clientOrderId),
    ...optional("idempotencyKey", record.idempotencyKey),
    status: record.status,
    createdAtMs: BigInt(record.createdAtMs),
    updatedAtMs: BigInt(record.updatedAtMs),
  };
}

/** From the index of pending orders to that of live ones. */
export function entered(userId: string): { readonly set: Item; readonly remove: readonly string[] } {
  return { set: { liveUserId: userId }, remove: ["pendingUserId"] };
}

export function orderFrom(item: Item): OrderRecord {
  const userId = String(item.pk).slice("USER#".length);
  const id = String(item.sk).slice("ORDER#".length);
  return {
    market: String(item.market),
    terms: {
      id,
      userId,
      side: item.side as Side,
      type: item.type as OrderType,
      timeInForce: item.timeInForce as TimeInForce,
      ...optional("priceTicks", item.priceTicks as bigint | undefined),
      ...optional("quantityLots", item.quantityLots as bigint | undefined),
      ...optional("quoteBudget", item.quoteBudget as bigint | undefined),
      makerRate: item.makerRate as bigint,
      takerRate: item.takerRate as bigint,
    },
    ...optional("clientOrderId", item.clientOrderId as string | undefined),
    ...optional("idempotencyKey", item.idempotencyKey as string | undefined),
    status: item.status as OrderStatus,
    ...optional("reason", item.reason as OrderReason | undefined),
    ...optional("resolution", item.resolution as string | undefined),
    filledLots: (item.filledLots as bigint | undefined) ?? 0n,
    filledQuote: (item.filledQuote as bigint | undefined) ?? 0n,
    fee: (item.fee as bigint | undefined) ?? 0n,
    ...optional("firstFillMs", item.firstFillMs === undefined ? undefined : Number(item.firstFillMs)),
    ...optional("lastFillMs", item.lastFillMs === undefined ? undefined : Number(item.lastFillMs)),
    ...optional("version", item.version === undefined ? undefined : Number(item.version)),
    createdAtMs: Number(item.createdAtMs),
    updatedAtMs: Number(item.updatedAtMs),
  };
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: V });
}
