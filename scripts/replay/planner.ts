import { type LobsterMessage, MESSAGE_TYPE, type RecordedLevel, type RestingSide } from "./lobster.ts";
import { type LookAhead, takesFromTheBook } from "./look-ahead.ts";
import { ReplayBook, type Resting } from "./replay-book.ts";

export type Action =
  | {
      readonly kind: "place";
      readonly ref: number;
      readonly side: RestingSide;
      readonly price: number;
      readonly size: number;
    }
  | { readonly kind: "cancel"; readonly ref: number }
  /** An aggressive IOC order; `fills` is what it is expected to get. */
  | {
      readonly kind: "take";
      readonly side: RestingSide;
      readonly price: number;
      readonly size: number;
      readonly fills: number;
    };

export type Work = {
  readonly actions: readonly Action[];
  /** The refs that are resting no more after this step. */
  readonly gone: readonly number[];
  /** Levels that came into view with this message and so were taken from the record. */
  readonly levelsFromRecord: number;
  /** Orders that had to be cancelled and placed anew with the rest, at the end of their level. */
  readonly requeued: number;
};

type Seed = {
  readonly side: RestingSide;
  readonly price: number;
  readonly size: number;
  readonly from: number;
};

type View = {
  readonly side: RestingSide;
  readonly before: readonly RecordedLevel[];
  readonly now: readonly RecordedLevel[];
  readonly index: number;
};

type Place = { readonly side: RestingSide; readonly price: number; readonly source: number | null };

type Reduction = {
  readonly side: RestingSide;
  readonly price: number;
  readonly size: number;
  readonly source: number | null;
  readonly index: number;
};

export class Planner {
  readonly #ahead: LookAhead;
  readonly #book = new ReplayBook();
  readonly #seen = new Set<number>();
  #actions: Action[] = [];
  #levelsFromRecord = 0;
  #requeued = 0;

  constructor(ahead: LookAhead) {
    this.#ahead = ahead;
  }

  follow(message: LobsterMessage, placeEarlierOrders: boolean): void {
    const { type, orderId, side, price, size, index } = message;
    if (type === MESSAGE_TYPE.new) this.#placeInParts({ side, price, source: orderId }, size);
    if (!takesFromTheBook(type)) return;
    const earlier = this.#ahead.earlierOrder(orderId);
    if (placeEarlierOrders && earlier !== undefined && !this.#seen.has(orderId)) {
      this.#placeInParts({ side, price, source: orderId }, earlier.size);
    }
    if (type === MESSAGE_TYPE.execution) this.#take(side === "buy" ? "sell" : "buy", price, size);
    else this.#reduce({ side, price, size, source: orderId, index });
  }

  /**
   * Makes a level of the given size out of the orders that later messages name, oldest first, and one nameless order
   * behind them for what is left.
   */
  seed({ side, price, size, from }: Seed): void {
    let left = size;
    const named = this.#ahead
      .earlierOrders(side, price)
      .filter(({ orderId, firstIndex }) => firstIndex >= from && !this.#seen.has(orderId))
      .sort((a, b) => a.firstIndex - b.firstIndex)
      .filter((order) => {
        const fits = order.size <= left;
        if (fits) left -= order.size;
        return fits;
      });
    // Exchanges number orders as they come, so the smaller number was there first.
    named.sort((a, b) => a.orderId - b.orderId);
    for (const order of named) this.#placeInParts({ side, price, source: order.orderId }, order.size);
    if (left > 0) this.#place({ side, price, source: null }, left);
  }

  /** Only some levels are recorded. Where the window reaches further than before, what it shows there is taken over. */
  widen({ side, before, now, index }: View): void {
    const isFurther = (price: number, than: number) => (side === "buy" ? price < than : price > than);
    const edge = before.at(-1)?.price;
    const end = now.at(-1)?.price;
    if (edge === undefined) return;
    // With fewer levels than before, the window shows the whole side.
    const isShown = (price: number) =>
      now.length < before.length || (end !== undefined && !isFurther(price, end));
    const recorded = new Map(now.map(({ price, size }) => [price, size]));
    const candidates = new Set([...this.#book.prices(side), ...recorded.keys()]);
    const inView = [...candidates].filter((price) => isFurther(price, edge) && isShown(price));
    for (const price of inView) {
      const missing = (recorded.get(price) ?? 0) - this.#book.sizeAt(side, price);
      if (missing > 0) this.seed({ side, price, size: missing, from: index + 1 });
      if (missing < 0) this.#reduce({ side, price, size: -missing, source: null, index });
      if (missing !== 0) this.#levelsFromRecord++;
    }
  }

  /** Hands over the work that has gathered since the last time. */
  finish(): Work {
    const work = {
      actions: this.#actions,
      gone: this.#book.takeGone(),
      levelsFromRecord: this.#levelsFromRecord,
      requeued: this.#requeued,
    };
    this.#actions = [];
    this.#levelsFromRecord = 0;
    this.#requeued = 0;
    return work;
  }

  /** The parts that will be cancelled stand behind the one that stays, the first to go last. */
  #placeInParts(order: Place, size: number): void {
    this.#seen.add(order.source ?? -1);
    let rest = size;
    const parts: number[] = [];
    for (const part of order.source === null ? [] : this.#ahead.partialCancels(order.source)) {
      if (part >= rest) break;
      rest -= part;
      parts.unshift(part);
    }
    for (const part of [rest, ...parts]) this.#place(order, part);
  }

  #place(order: Place, size: number): void {
    const ref = this.#book.place(order, size);
    this.#actions.push({ kind: "place", ref, side: order.side, price: order.price, size });
  }

  #take(side: RestingSide, price: number, size: number): void {
    const fills = this.#book.take(side, price, size);
    this.#actions.push({ kind: "take", side, price, size, fills });
  }

  /**
   * Takes a size out of a level by cancelling. The named order's own parts go first. Where the exchange filled the
   * named order instead of another, what is left of the other stands for it: the level must shrink by as much.
   */
  #reduce(reduction: Reduction): void {
    const { side, price, size } = reduction;
    let need = size;
    const candidates = this.#candidates(reduction);
    const exact = candidates.find((order) => order.source === reduction.source && order.remaining === need);
    for (const order of exact === undefined ? candidates : [exact]) {
      if (order.remaining > need) continue;
      need -= order.remaining;
      this.#cancel(order);
      if (need === 0) return;
    }
    const larger = this.#candidates(reduction)[0];
    if (larger === undefined) return;
    const rest = larger.remaining - need;
    this.#cancel(larger);
    this.#place({ side, price, source: larger.source }, rest);
    this.#requeued++;
  }

  /** The level's orders in the order in which they are given up: the latest first within a kind. */
  #candidates({ side, price, source, index }: Reduction): Resting[] {
    const dearness = (order: Resting) => {
      if (order.source === source) return 0;
      if (order.source === null) return 1;
      return this.#ahead.isNamedAfter(order.source, index) ? 3 : 2;
    };
    return [...this.#book.level(side, price)].reverse().sort((a, b) => dearness(a) - dearness(b));
  }

  #cancel(order: Resting): void {
    this.#book.remove(order);
    this.#actions.push({ kind: "cancel", ref: order.ref });
  }
}
