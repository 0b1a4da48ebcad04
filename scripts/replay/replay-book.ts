import type { RecordedLevel, RestingSide } from "./lobster.ts";

/** One order that the replay has resting on the exchange. */
export type Resting = {
  /** The replay's own name for it. */
  readonly ref: number;
  readonly side: RestingSide;
  readonly price: number;
  /** The order of the record that it stands for, or a part of; null for what was there before and is never named. */
  readonly source: number | null;
  remaining: number;
};

/**
 * What the replay expects of the exchange: its own orders by price, then time. With nobody else in the market this is
 * the market's book, so it tells which of the replay's orders an execution fills, whatever the record named.
 */
export class ReplayBook {
  readonly #levels = { buy: new Map<number, Resting[]>(), sell: new Map<number, Resting[]>() };
  #nextRef = 0;
  #gone: number[] = [];

  /** The orders that have stopped resting since this was last asked. */
  takeGone(): number[] {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  level(side: RestingSide, price: number): readonly Resting[] {
    return this.#levels[side].get(price) ?? [];
  }

  sizeAt(side: RestingSide, price: number): number {
    return this.level(side, price).reduce((sum, order) => sum + order.remaining, 0);
  }

  /** Prices of the side, best first. */
  prices(side: RestingSide): number[] {
    return [...this.#levels[side].keys()].sort((a, b) => (side === "buy" ? b - a : a - b));
  }

  best(side: RestingSide, depth: number): RecordedLevel[] {
    return this.prices(side)
      .slice(0, depth)
      .map((price) => ({ price, size: this.sizeAt(side, price) }));
  }

  /** A new order: it first takes what it crosses, as on any exchange; the rest of it goes to the end of its level. */
  place(order: Omit<Resting, "ref" | "remaining">, size: number): number {
    const ref = this.#nextRef++;
    const rest = size - this.take(order.side, order.price, size);
    if (rest > 0) {
      const level = this.#levels[order.side].get(order.price);
      const resting: Resting = { ...order, ref, remaining: rest };
      if (level === undefined) this.#levels[order.side].set(order.price, [resting]);
      else level.push(resting);
    } else {
      this.#gone.push(ref);
    }
    return ref;
  }

  remove(order: Resting): void {
    const level = this.#levels[order.side].get(order.price);
    const at = level?.indexOf(order) ?? -1;
    if (level === undefined || at < 0) throw new Error(`order ${order.ref} is not in the replay's book`);
    level.splice(at, 1);
    if (level.length === 0) this.#levels[order.side].delete(order.price);
    this.#gone.push(order.ref);
  }

  /** An aggressor on `side` takes from the other one, no worse than `price`. Answers how much it got. */
  take(side: RestingSide, price: number, size: number): number {
    const makers = side === "buy" ? "sell" : "buy";
    let left = size;
    for (const at of this.prices(makers)) {
      if (left === 0 || (side === "buy" ? at > price : at < price)) break;
      for (const maker of [...this.level(makers, at)]) {
        const fill = Math.min(left, maker.remaining);
        maker.remaining -= fill;
        left -= fill;
        if (maker.remaining === 0) this.remove(maker);
        if (left === 0) break;
      }
    }
    return size - left;
  }
}
