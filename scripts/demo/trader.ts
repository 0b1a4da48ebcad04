import { LIVE_STATUSES } from "../../lib/orders/order-item.ts";
import type { ExchangeClient } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { NewOrder, Order } from "../exchange/types.ts";
import { decide, type Intention, type OwnOrder, type Role, type Situation } from "./behaviour.ts";
import type { Tally } from "./tally.ts";

/** An order that the exchange has said it accepted; its key finds it again after a crash. */
export type Placed = {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly order: NewOrder;
};

/** Who a trader is. */
type Person = {
  readonly name: string;
  readonly userId: string;
  readonly role: Role;
  readonly client: ExchangeClient;
};

type Given = Person & {
  readonly mind: Omit<Situation, "own">;
  readonly tally: Tally;
  /** Starts every idempotency key, so that no two runs share one. */
  readonly keyPrefix: string;
};

const WAIT_SECONDS = 5;
/** One order in so many is answered only once it is in the book, to measure how long that takes. */
const WAIT_EVERY = 4;

/** One user of the exchange: does one thing at a time and survives every answer. */
export class Trader implements Person {
  readonly name: string;
  readonly userId: string;
  readonly role: Role;
  readonly client: ExchangeClient;
  readonly placed: Placed[] = [];
  readonly #given: Given;
  #own: OwnOrder[] = [];
  /** Set when an order turned out to have filled unnoticed: others may have as well, so it is time to look. */
  #isOutdated = false;
  #calls = 0;

  constructor(given: Given) {
    this.#given = given;
    ({ name: this.name, userId: this.userId, role: this.role, client: this.client } = given);
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
        this.#given.tally.givenUp++;
        return false;
      }
      if (error.code === "ORDER_CLOSED") this.#isOutdated = true;
      this.#given.tally.countRefusal(error.code, "isMeantToFail" in intention && intention.isMeantToFail);
      return true;
    }
  }

  #intend(): Intention {
    if (!this.#isOutdated) return decide(this.role, { ...this.#given.mind, own: this.#own });
    this.#isOutdated = false;
    return { kind: "look", market: this.#given.mind.chance.pick(this.#given.mind.terms).market };
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
        this.#given.tally.surprises.push(`an order that does not exist was cancelled: ${intention.id}`);
    }
    this.#given.tally.cancels++;
  }

  async #place(order: NewOrder, isMeantToFail: boolean): Promise<void> {
    const idempotencyKey = `${this.#given.keyPrefix}-${this.name}-${++this.#calls}`;
    const waits = this.#calls % WAIT_EVERY === 0;
    const startedAt = performance.now();
    const waitSeconds = waits ? WAIT_SECONDS : undefined;
    const answer = await this.client.placeOrder(order, { idempotencyKey, waitSeconds });
    const ms = performance.now() - startedAt;
    if (waits) this.#given.tally.inTheBookMs.push(ms);
    else this.#given.tally.acceptedMs.push(ms);
    if (isMeantToFail)
      this.#given.tally.surprises.push(`an order that breaks a rule was accepted: ${JSON.stringify(order)}`);
    this.#remember(answer, { order, idempotencyKey });
  }

  #remember(answer: Order, sent: Pick<Placed, "order" | "idempotencyKey">): void {
    this.placed.push({ id: answer.id, ...sent });
    const mayRest = sent.order.type === "limit" && sent.order.timeInForce !== "IOC";
    if (mayRest && LIVE_STATUSES.includes(answer.status))
      this.#own.push({ id: answer.id, market: answer.market });
  }

  /** Looks at the market and at the own orders, and forgets those that have filled. */
  async #look(market: string): Promise<void> {
    await this.client.orderbook(market, 20);
    const { items } = await this.client.orders({ status: "live", limit: 500 });
    this.#own = items.map((order) => ({ id: order.id, market: order.market })).reverse();
  }
}
