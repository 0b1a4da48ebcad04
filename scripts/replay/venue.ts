import { setTimeout as sleep } from "node:timers/promises";
import type { ExchangeClient } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { Order, OrderBook, Side } from "../exchange/types.ts";
import type { Assignment } from "./assignment.ts";
import type { Crew } from "./crew.ts";
import type { Mapping } from "./mapping.ts";
import type { Action } from "./planner.ts";

const WAIT_SECONDS = 5;
const PATIENCE_MS = 30_000;

type Sent = { readonly client: ExchangeClient; readonly id: string };

/** Carries the plan's actions out on the exchange, in their order, and notes what went otherwise than planned. */
export class Venue {
  readonly #run: string;
  readonly #market: string;
  readonly #mapping: Mapping;
  readonly #crew: Crew;
  readonly #assignment: Assignment;
  readonly #sent = new Map<number, Sent>();
  #calls = 0;
  readonly surprises: string[] = [];

  constructor(options: {
    run: string;
    market: string;
    mapping: Mapping;
    crew: Crew;
    assignment: Assignment;
  }) {
    this.#run = options.run;
    this.#market = options.market;
    this.#mapping = options.mapping;
    this.#crew = options.crew;
    this.#assignment = options.assignment;
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
      const book = await this.#crew.taker.orderbook(this.#market, depth, version);
      return book.version >= version ? book : null;
    });
  }

  async cancelEverything(): Promise<void> {
    for (const client of this.#crew.makers) await client.cancelAll(this.#market);
  }

  async #send(action: Action, isAwaited: boolean): Promise<number | null> {
    this.#calls++;
    const idempotencyKey = `replay-${this.#run}-${this.#calls}`;
    const options = { idempotencyKey, waitSeconds: isAwaited ? WAIT_SECONDS : undefined };
    if (action.kind === "cancel") return this.#cancel(action.ref, options);
    const client = action.kind === "take" ? this.#crew.taker : this.#makerOf(action.ref);
    const order = await client.placeOrder(this.#orderOf(action), options);
    if (action.kind === "place") this.#sent.set(action.ref, { client, id: order.id });
    if (!isAwaited) return null;
    const settled = await this.#settled({ client, id: order.id }, order);
    if (action.kind === "place" && settled.status !== "open") {
      this.#note(`order ${order.id} was to rest and is ${settled.status} (${settled.reason ?? "no reason"})`);
    }
    if (action.kind === "take" && settled.filledQuantity !== this.#mapping.quantity(action.fills)) {
      const expected = this.#mapping.quantity(action.fills);
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
      return ["pending", "open", "partially_filled"].includes(now.status) ? null : now;
    });
    return order.version;
  }

  async #settled(sent: Sent, order: Order): Promise<Order> {
    if (order.status !== "pending") return order;
    return this.#until(`order ${sent.id} to reach the book`, async () => {
      const now = await sent.client.order(sent.id);
      return now.status === "pending" ? null : now;
    });
  }

  async #until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (let pause = 2; ; pause = Math.min(pause * 2, 200)) {
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > giveUpAt)
        throw new Error(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}`);
      await sleep(pause);
    }
  }

  #orderOf(action: Exclude<Action, { kind: "cancel" }>) {
    const side: Side = action.side;
    return {
      market: this.#market,
      side,
      type: "limit",
      price: this.#mapping.price(action.price),
      quantity: this.#mapping.quantity(action.size),
      timeInForce: action.kind === "take" ? "IOC" : "GTC",
    } as const;
  }

  #makerOf(ref: number): ExchangeClient {
    const maker = this.#crew.makers[this.#assignment.makerOf.get(ref) ?? -1];
    if (maker === undefined) throw new Error(`nobody is to place order ${ref}`);
    return maker;
  }

  #note(surprise: string): void {
    this.surprises.push(surprise);
  }
}
