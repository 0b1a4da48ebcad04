import { until } from "../command/until.ts";
import type { ExchangeClient } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { Order, OrderBook, Side } from "../exchange/types.ts";
import type { Assignment } from "./assignment.ts";
import type { Crew } from "./crew.ts";
import type { Mapping } from "./mapping.ts";
import type { Action } from "./planner.ts";

const WAIT_SECONDS = 5;
const PATIENCE_MS = 30_000;

type Given = {
  readonly run: string;
  readonly market: string;
  readonly mapping: Mapping;
  readonly crew: Crew;
  readonly assignment: Assignment;
};
type Sent = { readonly client: ExchangeClient; readonly id: string };

/** Carries the plan's actions out on the exchange, in their order, and notes what went otherwise than planned. */
export class Venue {
  readonly #given: Given;
  readonly #sent = new Map<number, Sent>();
  #calls = 0;
  readonly surprises: string[] = [];

  constructor(given: Given) {
    this.#given = given;
  }

  get calls(): number {
    return this.#calls;
  }

  /**
   * Commands of one market take effect in the order in which they were answered, so only the last of them is waited
   * for, if any. Answers the version of the book that shows all of them, or null where nothing says.
   */
  async carryOut(actions: readonly Action[], isAwaited: boolean): Promise<number | null> {
    let version: number | null = null;
    for (const [index, action] of actions.entries()) {
      version = await this.#send(action, isAwaited && index === actions.length - 1);
    }
    return version;
  }

  /** The book once it is at least as new as the version. */
  async bookAt(version: number, depth: number): Promise<OrderBook> {
    return this.#until(`the order book to reach version ${version}`, async () => {
      const book = await this.#given.crew.taker.orderbook(this.#given.market, depth, version);
      return book.version >= version ? book : undefined;
    });
  }

  async cancelEverything(): Promise<void> {
    for (const client of this.#given.crew.makers) await client.cancelAll(this.#given.market);
  }

  async #send(action: Action, isAwaited: boolean): Promise<number | null> {
    this.#calls++;
    const idempotencyKey = `replay-${this.#given.run}-${this.#calls}`;
    const options = { idempotencyKey, waitSeconds: isAwaited ? WAIT_SECONDS : undefined };
    if (action.kind === "cancel") return this.#cancel(action.ref, options);
    const client = action.kind === "take" ? this.#given.crew.taker : this.#makerOf(action.ref);
    const order = await client.placeOrder(this.#orderOf(action), options);
    if (action.kind === "place") this.#sent.set(action.ref, { client, id: order.id });
    if (!isAwaited) return null;
    const settled = await this.#settled({ client, id: order.id }, order);
    if (action.kind === "place" && settled.status !== "open") {
      this.#note(`order ${order.id} was to rest and is ${settled.status} (${settled.reason ?? "no reason"})`);
    }
    if (action.kind === "take" && settled.filledQuantity !== this.#given.mapping.quantity(action.fills)) {
      const expected = this.#given.mapping.quantity(action.fills);
      this.#note(`order ${order.id} was to take ${expected} and took ${settled.filledQuantity}`);
    }
    return settled.version;
  }

  async #cancel(
    ref: number,
    options: { idempotencyKey: string; waitSeconds: number | undefined },
  ): Promise<number | null> {
    const sent = this.#sent.get(ref);
    if (sent === undefined) throw new Error(`the plan cancels order ${ref} before it places it`);
    this.#sent.delete(ref);
    try {
      await sent.client.cancelOrder(sent.id, options);
    } catch (error) {
      if (!(error instanceof ExchangeError && error.code === "ORDER_CLOSED")) throw error;
      this.#note(`order ${sent.id} was to be cancelled and is closed already`);
    }
    if (options.waitSeconds === undefined) return null;
    const order = await this.#until(`order ${sent.id} to be cancelled`, async () => {
      const now = await sent.client.order(sent.id);
      return ["pending", "open", "partially_filled"].includes(now.status) ? undefined : now;
    });
    return order.version;
  }

  async #settled(sent: Sent, order: Order): Promise<Order> {
    if (order.status !== "pending") return order;
    return this.#until(`order ${sent.id} to reach the book`, async () => {
      const now = await sent.client.order(sent.id);
      return now.status === "pending" ? undefined : now;
    });
  }

  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const found = await until(look, { forMs: PATIENCE_MS, everyMs: 5 });
    if (found === undefined) throw new Error(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}`);
    return found;
  }

  #orderOf(action: Exclude<Action, { kind: "cancel" }>) {
    const side: Side = action.side;
    return {
      market: this.#given.market,
      side,
      type: "limit",
      price: this.#given.mapping.price(action.price),
      quantity: this.#given.mapping.quantity(action.size),
      timeInForce: action.kind === "take" ? "IOC" : "GTC",
    } as const;
  }

  #makerOf(ref: number): ExchangeClient {
    const maker = this.#given.crew.makers[this.#given.assignment.makerOf.get(ref) ?? -1];
    if (maker === undefined) throw new Error(`nobody is to place order ${ref}`);
    return maker;
  }

  #note(surprise: string): void {
    this.surprises.push(surprise);
  }
}
