import type { Market } from "../market/market.ts";
import { type MarketState, openStatus } from "../matching/market-state.ts";
import type { LiveOrder } from "../matching/order.ts";
import type { Replayed } from "../matching/replay.ts";
import { isLive, type OrderReason, type OrderStatus, orderFrom, orderKey } from "../orders/order-item.ts";
import type { Item } from "../store/store.ts";
import type { ReconciliationPorts } from "./conservation.ts";

/** An order as the journal leaves it. Quantities in lots, amounts in smallest units. */
export type JournalOrder = {
  readonly id: string;
  readonly userId: string;
  readonly status: OrderStatus;
  /** Looked at for closed orders only: a live one's reason is nobody's business but the matcher's. */
  readonly reason?: OrderReason | undefined;
  /** The version that last changed it. */
  readonly version: number;
  readonly filledLots: bigint;
  readonly filledQuote: bigint;
  readonly fee: bigint;
};

/** The store reads so many items in one call. */
const CHUNK = 100;

/** Compares orders with the table, a hundred at a time, so that a journal of any length is compared in bounded memory. */
export class OrderComparison {
  readonly #market: Market;
  readonly #ports: Pick<ReconciliationPorts, "store">;
  readonly #head: number;
  #waiting: JournalOrder[] = [];

  /** Where the table has a version above `head`, the order was traded on after the journal was read. */
  constructor(
    market: Market,
    ports: Pick<ReconciliationPorts, "store">,
    head: number = Number.MAX_SAFE_INTEGER,
  ) {
    this.#market = market;
    this.#ports = ports;
    this.#head = head;
  }

  /** Takes more orders, and answers with the differences among those that have been compared by now. */
  async compare(orders: readonly JournalOrder[]): Promise<readonly string[]> {
    this.#waiting.push(...orders);
    const found: string[] = [];
    while (this.#waiting.length >= CHUNK) found.push(...(await this.#compareChunk()));
    return found;
  }

  /** Compares whatever is left. */
  async rest(): Promise<readonly string[]> {
    return this.#waiting.length === 0 ? [] : await this.#compareChunk();
  }

  async #compareChunk(): Promise<readonly string[]> {
    const chunk = this.#waiting.splice(0, CHUNK);
    const places = chunk.map(({ userId, id }) => ({ table: "orders" as const, key: orderKey(userId, id) }));
    const items = await this.#ports.store.getMany(places);
    return chunk.flatMap((order, index) => {
      const item = items[index];
      if (item !== undefined && Number(item.version ?? 0n) > this.#head) return [];
      if (item !== undefined && isSame(item, order)) return [];
      const where = isLive(order.status) ? "of the book" : `that is ${order.status}`;
      return [`${this.#market.market}: order ${order.id} ${where} stands otherwise in the table`];
    });
  }
}

/** The orders that an entry closes: no later entry changes them. */
export function closedBy({ entry: { version }, effects }: Replayed): readonly JournalOrder[] {
  const closed: JournalOrder[] = [];
  for (const { order, status, reason } of effects.orders.values()) {
    if (!isLive(status)) closed.push(journalOrder(order, { status, version, reason }));
  }
  for (const { orderId: id, userId, reason } of effects.pendingCancels.values()) {
    const nothing = { filledLots: 0n, filledQuote: 0n, fee: 0n };
    closed.push({ id, userId, status: "cancelled", reason, version, ...nothing });
  }
  return closed;
}

/** Every order of the book, the one that is being matched included. */
export function onBook({
  state: { book, taker },
  versions,
}: {
  readonly state: MarketState;
  readonly versions: ReadonlyMap<string, number>;
}): readonly JournalOrder[] {
  const live = [...book.orders("buy"), ...book.orders("sell"), ...(taker === undefined ? [] : [taker])];
  return live.map((order) =>
    journalOrder(order, { status: openStatus(order), version: versions.get(order.id) ?? 0 }),
  );
}

function journalOrder(
  { id, userId, filledLots, filledQuote, fee }: LiveOrder,
  outcome: Pick<JournalOrder, "status" | "version" | "reason">,
): JournalOrder {
  return { id, userId, filledLots, filledQuote, fee, ...outcome };
}

function isSame(item: Item, order: JournalOrder): boolean {
  const stored = orderFrom(item);
  return (
    stored.version === order.version &&
    stored.status === order.status &&
    stored.filledLots === order.filledLots &&
    stored.filledQuote === order.filledQuote &&
    stored.fee === order.fee &&
    (item.liveUserId !== undefined) === isLive(order.status) &&
    item.pendingUserId === undefined &&
    (isLive(order.status) || stored.reason === order.reason)
  );
}
