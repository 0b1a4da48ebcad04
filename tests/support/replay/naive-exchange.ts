import type { RecordedBook, RestingSide } from "../../../scripts/replay/lobster.ts";
import type { Action } from "../../../scripts/replay/planner.ts";

type Order = { readonly ref: number; readonly side: RestingSide; readonly price: number; size: number };

/** An exchange in a few lines: one list of orders in the order in which they came, searched from the start each time. */
export class NaiveExchange {
  #orders: Order[] = [];
  /** What went otherwise than the replay had announced. */
  readonly surprises: string[] = [];

  do(action: Action): void {
    if (action.kind === "cancel") {
      const left = this.#orders.filter((order) => order.ref !== action.ref);
      if (left.length === this.#orders.length)
        this.surprises.push(`order ${action.ref} to cancel is not there`);
      this.#orders = left;
      return;
    }
    const got = this.#match(action.side, action.price, action.size);
    if (action.kind === "take") {
      if (got !== action.fills) this.surprises.push(`took ${got} of ${action.fills} expected`);
    } else {
      if (got > 0) this.surprises.push(`order ${action.ref} was to rest and traded`);
      this.#orders.push({ ref: action.ref, side: action.side, price: action.price, size: action.size - got });
    }
  }

  /** The order's place in its level's queue, counted from the front. */
  queue(side: RestingSide, price: number): number[] {
    return this.#orders
      .filter((order) => order.side === side && order.price === price)
      .map((order) => order.ref);
  }

  book(depth: number): RecordedBook {
    const levels = (side: RestingSide) => {
      const orders = this.#orders.filter((order) => order.side === side);
      const prices = [...new Set(orders.map((order) => order.price))].sort((a, b) =>
        side === "buy" ? b - a : a - b,
      );
      return prices.slice(0, depth).map((price) => ({
        price,
        size: orders.reduce((sum, order) => sum + (order.price === price ? order.size : 0), 0),
      }));
    };
    return { buy: levels("buy"), sell: levels("sell") };
  }

  #match(side: RestingSide, price: number, size: number): number {
    let left = size;
    while (left > 0) {
      const makers = this.#orders.filter(
        (order) => order.side !== side && (side === "buy" ? order.price <= price : order.price >= price),
      );
      const best = makers.reduce<Order | undefined>((found, order) => {
        const isBetter =
          found === undefined || (side === "buy" ? order.price < found.price : order.price > found.price);
        return isBetter ? order : found;
      }, undefined);
      if (best === undefined) break;
      const fill = Math.min(left, best.size);
      best.size -= fill;
      left -= fill;
      this.#orders = this.#orders.filter((order) => order.size > 0);
    }
    return size - left;
  }
}
