import { type LiveOrder, limitPrice, remainingLots, type Side } from "./order.ts";

/** An order's place in its level's queue. A removed place remembers its neighbours, so that a removal can be undone exactly. */
type Place = { readonly order: LiveOrder; previous: Place | undefined; next: Place | undefined };
type Level = { readonly priceTicks: bigint; first: Place | undefined; last: Place | undefined; lots: bigint };

/** One side's levels. `prices` is sorted so that the best is last, where adding and removing are cheap. */
class BookSide {
  readonly levels = new Map<bigint, Level>();
  readonly prices: bigint[] = [];
  readonly #side: Side;

  constructor(side: Side) {
    this.#side = side;
  }

  best(): Level | undefined {
    const price = this.prices.at(-1);
    return price === undefined ? undefined : this.levels.get(price);
  }

  levelAt(priceTicks: bigint): Level {
    const existing = this.levels.get(priceTicks);
    if (existing !== undefined) return existing;
    const level: Level = { priceTicks, first: undefined, last: undefined, lots: 0n };
    this.levels.set(priceTicks, level);
    this.prices.splice(this.#indexOf(priceTicks), 0, priceTicks);
    return level;
  }

  dropIfEmpty(level: Level): void {
    if (level.first !== undefined) return;
    this.levels.delete(level.priceTicks);
    this.prices.splice(this.#indexOf(level.priceTicks), 1);
  }

  /** Where a price stands, or would stand. */
  #indexOf(priceTicks: bigint): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.prices[middle] as bigint;
      if (this.#side === "buy" ? at < priceTicks : at > priceTicks) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Resting orders by price, then time. */
export class Book {
  readonly #sides = { buy: new BookSide("buy"), sell: new BookSide("sell") };
  readonly #places = new Map<string, Place>();
  readonly #ofUser = new Map<string, Set<string>>();

  get size(): number {
    return this.#places.size;
  }

  get(orderId: string): LiveOrder | undefined {
    return this.#places.get(orderId)?.order;
  }

  /** The order that trades next on a side. */
  best(side: Side): LiveOrder | undefined {
    return this.#sides[side].best()?.first?.order;
  }

  countOf(userId: string): number {
    return this.#ofUser.get(userId)?.size ?? 0;
  }

  /** A user's resting orders, oldest first. */
  ordersOf(userId: string): readonly LiveOrder[] {
    const ids = [...(this.#ofUser.get(userId) ?? [])].sort();
    return ids.map((id) => this.#place(id).order);
  }

  /** Total lots at a price; 0 where nothing rests. */
  lotsAt(side: Side, priceTicks: bigint): bigint {
    return this.#sides[side].levels.get(priceTicks)?.lots ?? 0n;
  }

  /** Levels of a side, best first. */
  levels(side: Side, most: number): readonly (readonly [priceTicks: bigint, lots: bigint])[] {
    const { prices } = this.#sides[side];
    return prices
      .slice(-most)
      .reverse()
      .map((price) => [price, this.lotsAt(side, price)] as const);
  }

  /** All orders of a side in the order in which they trade. */
  *orders(side: Side): Generator<LiveOrder> {
    const { prices, levels } = this.#sides[side];
    for (let index = prices.length - 1; index >= 0; index--) {
      let place = levels.get(prices[index] as bigint)?.first;
      for (; place !== undefined; place = place.next) yield place.order;
    }
  }

  /** Puts an order behind all others at its price. */
  add(order: LiveOrder): void {
    if (this.#places.has(order.id)) throw new Error(`order ${order.id} is on the book already`);
    const level = this.#sides[order.side].levelAt(limitPrice(order));
    this.#link({ order, previous: level.last, next: undefined }, level);
  }

  /** Takes an order off. The answer undoes just that, provided that all later changes were undone before. */
  remove(orderId: string): () => void {
    const place = this.#place(orderId);
    const { order, previous, next } = place;
    const side = this.#sides[order.side];
    const level = side.levelAt(limitPrice(order));
    if (previous === undefined) level.first = next;
    else previous.next = next;
    if (next === undefined) level.last = previous;
    else next.previous = previous;
    level.lots -= remainingLots(order);
    side.dropIfEmpty(level);
    this.#places.delete(orderId);
    const ofUser = this.#ofUser.get(order.userId);
    ofUser?.delete(orderId);
    if (ofUser?.size === 0) this.#ofUser.delete(order.userId);
    return () => this.#link(place, side.levelAt(limitPrice(order)));
  }

  /** Says that an order on the book is about to be filled by this much more (or less, when that is undone). */
  reduceLevel(order: LiveOrder, lots: bigint): void {
    this.#sides[order.side].levelAt(limitPrice(order)).lots -= lots;
  }

  #link(place: Place, level: Level): void {
    const { order, previous, next } = place;
    if (previous === undefined) level.first = place;
    else previous.next = place;
    if (next === undefined) level.last = place;
    else next.previous = place;
    level.lots += remainingLots(order);
    this.#places.set(order.id, place);
    const ofUser = this.#ofUser.get(order.userId);
    if (ofUser === undefined) this.#ofUser.set(order.userId, new Set([order.id]));
    else ofUser.add(order.id);
  }

  #place(orderId: string): Place {
    const place = this.#places.get(orderId);
    if (place === undefined) throw new Error(`order ${orderId} is not on the book`);
    return place;
  }
}
