/** One operation of a stream: an order, or the cancel of one. Prices in ticks, quantities in lots. */
export type Operation =
  | {
      readonly kind: "place";
      readonly id: number;
      readonly side: Side;
      readonly price: number;
      readonly lots: number;
    }
  | { readonly kind: "cancel"; readonly id: number };
export type Side = "buy" | "sell";
export type Trade = { readonly makerId: number; readonly takerId: number; readonly lots: number };

type Order = {
  readonly id: number;
  lots: number;
  readonly level: Level;
  previous: Order | undefined;
  next: Order | undefined;
};
type Level = {
  readonly price: number;
  readonly side: Side;
  first: Order | undefined;
  last: Order | undefined;
};

/**
 * Price and time priority with nothing else: no users, fees, holds, journal or undo. What JavaScript objects can do, the source of the streams'
 * expected trades, and how a stream knows what there is to be cancelled.
 */
export class PlainBook {
  readonly orders = new Map<number, Order>();
  readonly #levels = { buy: new Map<number, Level>(), sell: new Map<number, Level>() };
  /** The best is last. */
  readonly #prices: { readonly [side in Side]: number[] } = { buy: [], sell: [] };

  play(operation: Operation, onTrade?: (trade: Trade) => void): void {
    if (operation.kind === "place") this.#place(operation, onTrade);
    else {
      const order = this.orders.get(operation.id);
      if (order !== undefined) this.#remove(order);
    }
  }

  #place(operation: Operation & { readonly kind: "place" }, onTrade?: (trade: Trade) => void): void {
    const { id, side, price } = operation;
    const other = side === "buy" ? "sell" : "buy";
    const prices = this.#prices[other];
    let { lots } = operation;
    while (lots > 0) {
      const best = prices.at(-1);
      if (best === undefined || (side === "buy" ? best > price : best < price)) break;
      const maker = this.#levels[other].get(best)?.first;
      if (maker === undefined) throw new Error("an empty level");
      const filled = Math.min(lots, maker.lots);
      lots -= filled;
      maker.lots -= filled;
      onTrade?.({ makerId: maker.id, takerId: id, lots: filled });
      if (maker.lots === 0) this.#remove(maker);
    }
    if (lots > 0) this.#add({ id, side, price, lots });
  }

  #add({ id, side, price, lots }: { id: number; side: Side; price: number; lots: number }): void {
    let level = this.#levels[side].get(price);
    if (level === undefined) {
      level = { price, side, first: undefined, last: undefined };
      this.#levels[side].set(price, level);
      this.#prices[side].splice(this.#indexOf(level), 0, price);
    }
    const order: Order = { id, lots, level, previous: level.last, next: undefined };
    if (level.last === undefined) level.first = order;
    else level.last.next = order;
    level.last = order;
    this.orders.set(id, order);
  }

  #remove(order: Order): void {
    const { level, previous, next } = order;
    if (previous === undefined) level.first = next;
    else previous.next = next;
    if (next === undefined) level.last = previous;
    else next.previous = previous;
    this.orders.delete(order.id);
    if (level.first !== undefined) return;
    this.#levels[level.side].delete(level.price);
    this.#prices[level.side].splice(this.#indexOf(level), 1);
  }

  #indexOf({ price, side }: Level): number {
    const prices = this.#prices[side];
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = prices[middle] as number;
      if (side === "buy" ? at < price : at > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
