import { LIVE_STATUSES } from "../../lib/orders/order-item.ts";
import { until } from "../command/until.ts";
import { type ExchangeClient, newTrader, type OrderOptions } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { HttpOptions } from "../exchange/http.ts";
import type { Market, OrderBook } from "../exchange/types.ts";
import type { Mapping } from "./mapping.ts";
import type { Step } from "./plan.ts";
import type { Action } from "./planner.ts";

const WAIT_SECONDS = 5;
const PATIENCE_MS = 30_000;
/** A user may have 1,000 open orders in a market; some room is left for what is still on its way. */
const ORDERS_PER_MAKER = 900;

type Given = {
  readonly run: string;
  readonly market: Market;
  readonly mapping: Mapping;
  readonly admin: ExchangeClient;
  readonly http: HttpOptions;
  readonly steps: readonly Step[];
};
type Maker = { readonly client: ExchangeClient; open: number };
type Sent = { readonly maker: Maker; readonly id: string };

/** Carries the plan's actions out on the exchange, in their order, and notes what went otherwise than planned. */
export class Venue {
  readonly #given: Given;
  readonly #funds: readonly (readonly [asset: string, amount: string])[];
  /** Fresh users, so that no older order or balance is in the way; the aggressor is one who has no resting orders to meet. */
  readonly #makers: Maker[] = [];
  #joining: Promise<ExchangeClient> | undefined;
  readonly #sent = new Map<number, Sent>();
  calls = 0;
  readonly surprises: string[] = [];

  constructor(given: Given) {
    this.#given = given;
    this.#funds = fundsFor(given);
  }

  /**
   * Commands of one market take effect in the order in which they were answered, so only the last of them is waited
   * for, if any. Answers the version of the book that shows all of them, or null where nothing says.
   */
  async carryOut({ actions, gone }: Step, isAwaited: boolean): Promise<number | null> {
    let version: number | null = null;
    for (const [index, action] of actions.entries()) {
      this.calls++;
      const waitSeconds = isAwaited && index === actions.length - 1 ? WAIT_SECONDS : undefined;
      const options = { idempotencyKey: `replay-${this.#given.run}-${this.calls}`, waitSeconds };
      version =
        action.kind === "cancel"
          ? await this.#cancel(action.ref, options)
          : await this.#place(action, options);
    }
    for (const ref of gone) this.#forget(ref);
    return version;
  }

  /** The book once it is at least as new as the version. */
  async bookAt(version: number, depth: number): Promise<OrderBook> {
    const taker = await this.#taker();
    return insist(`the order book to reach version ${version}`, async () => {
      const book = await taker.orderbook(this.#given.market.market, depth, version);
      return book.version >= version ? book : undefined;
    });
  }

  async cancelEverything(): Promise<void> {
    for (const { client } of this.#makers) await client.cancelAll(this.#given.market.market);
  }

  async #place(action: Exclude<Action, { kind: "cancel" }>, options: OrderOptions): Promise<number | null> {
    const { market, mapping } = this.#given;
    const isTake = action.kind === "take";
    const maker = isTake ? undefined : await this.#freeMaker();
    const client = maker?.client ?? (await this.#taker());
    const order = {
      market: market.market,
      side: action.side,
      type: "limit",
      price: mapping.price(action.price),
      quantity: mapping.quantity(action.size),
      timeInForce: isTake ? "IOC" : "GTC",
    } as const;
    const placed = await client.placeOrder(order, options);
    const { id } = placed;
    if (maker !== undefined && !isTake) {
      maker.open++;
      this.#sent.set(action.ref, { maker, id });
    }
    if (options.waitSeconds === undefined) return null;
    const settled = await insist(`order ${id} to reach the book`, async () => {
      const now = placed.status === "pending" ? await client.order(id) : placed;
      return now.status === "pending" ? undefined : now;
    });
    if (!isTake && settled.status !== "open")
      this.surprises.push(
        `order ${id} was to rest and is ${settled.status} (${settled.reason ?? "no reason"})`,
      );
    if (isTake && settled.filledQuantity !== mapping.quantity(action.fills)) {
      const expected = mapping.quantity(action.fills);
      this.surprises.push(`order ${id} was to take ${expected} and took ${settled.filledQuantity}`);
    }
    return settled.version;
  }

  async #cancel(ref: number, options: OrderOptions): Promise<number | null> {
    const { maker, id } = this.#sent.get(ref) ?? {};
    if (maker === undefined || id === undefined)
      throw new Error(`the plan cancels order ${ref}, which does not rest`);
    try {
      await maker.client.cancelOrder(id, options);
    } catch (error) {
      if (!(error instanceof ExchangeError && error.code === "ORDER_CLOSED")) throw error;
      this.surprises.push(`order ${id} was to be cancelled and is closed already`);
    }
    if (options.waitSeconds === undefined) return null;
    const order = await insist(`order ${id} to be cancelled`, async () => {
      const now = await maker.client.order(id);
      return LIVE_STATUSES.includes(now.status) ? undefined : now;
    });
    return order.version;
  }

  #taker(): Promise<ExchangeClient> {
    this.#joining ??= this.#join("taker");
    return this.#joining;
  }

  async #freeMaker(): Promise<Maker> {
    const free = this.#makers.find(({ open }) => open < ORDERS_PER_MAKER);
    if (free !== undefined) return free;
    const maker = { client: await this.#join(`maker-${this.#makers.length + 1}`), open: 0 };
    this.#makers.push(maker);
    return maker;
  }

  #forget(ref: number): void {
    const sent = this.#sent.get(ref);
    if (sent !== undefined) sent.maker.open--;
    this.#sent.delete(ref);
  }

  async #join(role: string): Promise<ExchangeClient> {
    const { run, admin, http } = this.#given;
    return (await newTrader({ email: `replay-${run}-${role}@example.com`, funds: this.#funds, admin, http }))
      .client;
  }
}

/** Enough for one user to place all orders, as nobody has to. */
function fundsFor({ steps, market, mapping }: Given) {
  let shares = 0n;
  let priceTimesShares = 0n;
  for (const action of steps.flatMap(({ actions }) => actions)) {
    if (action.kind === "cancel") continue;
    if (action.side === "sell") shares += BigInt(action.size);
    else priceTimesShares += BigInt(action.price) * BigInt(action.size);
  }
  return [
    [market.base, mapping.quantity(shares)],
    [market.quote, mapping.notional(priceTimesShares)],
  ] as const;
}

async function insist<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const found = await until(look, { forMs: PATIENCE_MS, everyMs: 5 });
  if (found === undefined) throw new Error(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}`);
  return found;
}
