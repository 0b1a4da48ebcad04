import type { ExchangeClient } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { NewOrder, Order } from "../exchange/types.ts";
import { decide, type Intention, type OwnOrder, type Role, type Situation } from "./behaviour.ts";
import type { Tally } from "./tally.ts";

/** An order that the exchange has said it accepted; its key finds it again after a crash. */
export type Placed = {
  readonly userId: string;
  readonly id: string;
  readonly market: string;
  readonly idempotencyKey: string;
  readonly order: NewOrder;
};

export type Mind = Omit<Situation, "own">;

export type TraderOptions = {
  readonly name: string;
  readonly userId: string;
  readonly role: Role;
  readonly client: ExchangeClient;
  readonly mind: Mind;
  readonly tally: Tally;
  /** Starts every idempotency key, so that no two runs share one. */
  readonly keyPrefix: string;
};

const WAIT_SECONDS = 5;
/** One order in so many is answered only once it is in the book, to measure how long that takes. */
const WAIT_EVERY = 4;
const OPEN_STATUSES = ["pending", "open", "partially_filled"];

/** One user of the exchange: does one thing at a time and survives every answer. */
export class Trader {
  readonly name: string;
  readonly userId: string;
  readonly role: Role;
  readonly client: ExchangeClient;
  readonly placed: Placed[] = [];
  /** Keys of orders of which it is not known whether the exchange accepted them. */
  readonly uncertainKeys: string[] = [];
  readonly #mind: Mind;
  readonly #tally: Tally;
  readonly #keyPrefix: string;
  #own: OwnOrder[] = [];
  /** Set when an order turned out to have filled unnoticed: others may have as well, so it is time to look. */
  #isOutdated = false;
  #calls = 0;

  constructor(options: TraderOptions) {
    this.name = options.name;
    this.userId = options.userId;
    this.role = options.role;
    this.client = options.client;
    this.#mind = options.mind;
    this.#tally = options.tally;
    this.#keyPrefix = options.keyPrefix;
  }

  /** Does the next thing that comes to mind. Answers false when the exchange could not be reached. */
  async act(): Promise<boolean> {
    const intention = this.#intend();
    try {
      await this.#do(intention);
      return true;
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      if (error.isTemporary || error.status >= 500) {
        this.#tally.givenUp++;
        return false;
      }
      if (error.code === "ORDER_CLOSED") this.#isOutdated = true;
      this.#tally.countRefusal(error.code, "isMeantToFail" in intention && intention.isMeantToFail);
      return true;
    }
  }

  #intend(): Intention {
    if (!this.#isOutdated) return decide(this.role, { ...this.#mind, own: this.#own });
    this.#isOutdated = false;
    return { kind: "look", market: this.#mind.chance.pick(this.#mind.terms).market };
  }

  async #do(intention: Intention): Promise<void> {
    if (intention.kind === "place") return this.#place(intention.order, intention.isMeantToFail);
    if (intention.kind === "look") return this.#look(intention.market);
    if (intention.kind === "cancelAll") {
      await this.client.cancelAll(intention.market);
      this.#own = this.#own.filter((order) => order.market !== intention.market);
    } else {
      this.#own = this.#own.filter((order) => order.id !== intention.id);
      await this.client.cancelOrder(intention.id);
      if (intention.isMeantToFail)
        this.#tally.surprise(`an order that does not exist was cancelled: ${intention.id}`);
    }
    this.#tally.cancels++;
  }

  async #place(order: NewOrder, isMeantToFail: boolean): Promise<void> {
    const idempotencyKey = `${this.#keyPrefix}-${this.name}-${++this.#calls}`;
    const waits = this.#calls % WAIT_EVERY === 0;
    const startedAt = performance.now();
    const answer = await this.client
      .placeOrder(order, { idempotencyKey, waitSeconds: waits ? WAIT_SECONDS : undefined })
      .catch((error: unknown) => {
        // Not even a 500 says that nothing was done.
        const isCertain = error instanceof ExchangeError && error.status >= 400 && error.status < 500;
        if (!isCertain) this.uncertainKeys.push(idempotencyKey);
        throw error;
      });
    const ms = performance.now() - startedAt;
    if (waits) this.#tally.inTheBookMs.push(ms);
    else this.#tally.acceptedMs.push(ms);
    if (isMeantToFail)
      this.#tally.surprise(`an order that breaks a rule was accepted: ${JSON.stringify(order)}`);
    this.#remember(answer, { order, idempotencyKey });
  }

  #remember(answer: Order, sent: Pick<Placed, "order" | "idempotencyKey">): void {
    this.placed.push({ userId: this.userId, id: answer.id, market: answer.market, ...sent });
    const mayRest = sent.order.type === "limit" && sent.order.timeInForce !== "IOC";
    if (mayRest && OPEN_STATUSES.includes(answer.status))
      this.#own.push({ id: answer.id, market: answer.market });
  }

  /** Looks at the market and at the own orders, and forgets those that have filled. */
  async #look(market: string): Promise<void> {
    await this.client.orderbook(market, 20);
    const { items } = await this.client.orders({ status: "live", limit: 500 });
    this.#own = items.map((order) => ({ id: order.id, market: order.market })).reverse();
  }
}
