import { type Store, StoreUnavailable } from "../../lib/store/store.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import type { Consumer } from "../aws-model/consumers.ts";
import { itemOf } from "../aws-model/contended-store.ts";
import { LATENCIES } from "../aws-model/latencies.ts";
import { MEMORY_GB } from "../aws-model/memory.ts";
import { Meter } from "../aws-model/meter.ts";
import { PRICES } from "../aws-model/prices.ts";
import { type Round, VirtualExchange } from "../aws-model/virtual-exchange.ts";

export type Load = {
  readonly consumer: Consumer;
  readonly markets: number;
  /** Commands per second and market. */
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
};

export type Figures = {
  /** Commands per second and market that were committed. */
  readonly done: number;
  /** Those that were asked for and neither refused nor committed within a second of the end. */
  readonly isKeptUp: boolean;
  /** From the client's request to the answer, ms. */
  readonly answerMs: readonly number[];
  /** From the client's request to the commit of what it asked for, ms. */
  readonly outcomeMs: readonly number[];
  /** Commands a round. */
  readonly batch: number;
  /** Shares of what there is: of the consumer's time, of a FIFO group's calls, of the journal partition's write units. */
  readonly consumer: number;
  readonly group: number;
  readonly partition: number;
  readonly writeUnits: number;
  /** US dollars per million commands. */
  readonly dollars: number;
};

type Asked = { readonly atMs: number };

/** Part of each run that is not counted. */
const WARM_UP_MS = 2_000;
/** Commands that may wait at the end of a run, in seconds of the load. */
const BACKLOG_S = 1;
const USERS_PER_MARKET = 1_000;
/** Of the commands: orders far from the price, and cancels of those. */
const FAR_SHARE = 0.2;
const CANCEL_SHARE = 0.2;
const GROUP_CALLS_PER_SECOND = 300;
const PARTITION_UNITS_PER_SECOND = 1_000;
/** Of a transaction's time that it holds its items, as in `npm run contention`. */
const WINDOW_SHARE = 0.7;

/** One load: of five commands three are orders around a price, which mostly meet each other, one is an order far from it, and one cancels such an order. */
export async function run(load: Load): Promise<Figures> {
  return await new Run(load).figures();
}

class Run {
  readonly #load: Load;
  readonly #exchange: VirtualExchange<Asked>;
  readonly #meter: Meter;
  readonly #answerMs: number[] = [];
  readonly #outcomeMs: number[] = [];
  #calls = 0;
  #apiMs = 0;
  #taken = 0;
  #rounds = 0;
  #busyMs = 0;

  constructor(load: Load) {
    this.#load = load;
    const { markets, seed, consumer } = load;
    this.#exchange = new VirtualExchange({ markets, seed, lanes: consumer.lanes, windowShare: WINDOW_SHARE });
    this.#meter = new Meter(this.#exchange.store.truth);
  }

  async figures(): Promise<Figures> {
    const { markets, timeline, queues } = this.#exchange;
    const users = Array.from({ length: USERS_PER_MARKET * this.#load.markets }, (_, index) => `U${index}`);
    await this.#exchange.openAccounts(users);
    const store = this.#meter.around(this.#exchange.store.seenBy(itemOf));
    const endMs = this.#load.seconds * 1_000;
    for (const market of markets) {
      const onRound = (round: Round<Asked>) => this.#note(round);
      void this.#exchange.consume(market, { consumer: this.#load.consumer, store, onRound });
      void this.#trade(market, { store, endMs, users });
    }
    await timeline.runUntil(endMs);
    const { rate, consumer } = this.#load;
    const seconds = (endMs - WARM_UP_MS) / 1_000;
    const waiting = [...queues.values()].flatMap((queue) => queue.waiting).length / markets.length;
    const journal = Math.max(
      ...markets.map((market) => this.#meter.partitions.get(`journal ${market}`) ?? 0),
    );
    return {
      done: this.#outcomeMs.length / seconds / markets.length,
      isKeptUp: waiting < BACKLOG_S * rate,
      answerMs: this.#answerMs,
      outcomeMs: this.#outcomeMs,
      batch: this.#taken / Math.max(1, this.#rounds),
      consumer: this.#busyMs / (endMs * markets.length),
      group: rate / consumer.lanes / GROUP_CALLS_PER_SECOND,
      partition: journal / this.#load.seconds / PARTITION_UNITS_PER_SECOND,
      writeUnits: this.#meter.writeUnits / this.#taken,
      dollars: this.#dollars(),
    };
  }

  async #trade(
    market: string,
    {
      store,
      endMs,
      users,
    }: { readonly store: Store; readonly endMs: number; readonly users: readonly string[] },
  ): Promise<void> {
    const { timeline, chance } = this.#exchange;
    const far: { readonly userId: string; readonly orderId: string }[] = [];
    while (timeline.nowMs < endMs) {
      await timeline.sleep((-1_000 / this.#load.rate) * Math.log(1 - chance.fraction()));
      const kind = chance.fraction();
      const cancelled = kind < CANCEL_SHARE ? far.shift() : undefined;
      const isFar = kind < CANCEL_SHARE + FAR_SHARE;
      const userId = cancelled?.userId ?? chance.pick(users);
      const tag = { atMs: timeline.nowMs };
      const ports = this.#exchange.ports(store, tag, Number(userId.slice(1)));
      const ids = { operationId: this.#exchange.newId(), correlationId: "c" };
      void this.#call(tag, async () => {
        if (cancelled !== undefined) {
          await cancelOrder({ ...cancelled, ...ids }, ports);
          return;
        }
        const side = chance.pick(["buy", "sell"] as const);
        const distance = isFar ? (side === "buy" ? -20 : 20) : chance.normal();
        const price = (100 + distance).toFixed(2);
        const request = { market, side, type: "limit", price, quantity: "1" } as const;
        const placed = await placeOrder({ userId, request, ...ids }, ports);
        if (placed.ok && isFar) far.push({ userId, orderId: placed.value.terms.id });
      });
    }
  }

  async #call({ atMs }: Asked, run: () => Promise<void>): Promise<void> {
    const { timeline } = this.#exchange;
    await this.#exchange.spend(LATENCIES.api);
    const startedMs = timeline.nowMs;
    // The session and the account.
    await this.#exchange.spend(LATENCIES.read);
    try {
      await run();
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault;
    }
    this.#calls++;
    this.#apiMs += timeline.nowMs - startedMs;
    if (atMs >= WARM_UP_MS) this.#answerMs.push(timeline.nowMs - atMs);
  }

  #note({ taken, done, startedMs, endedMs, committedMs }: Round<Asked>): void {
    this.#taken += done.length;
    this.#rounds += taken > 0 ? 1 : 0;
    this.#busyMs += endedMs - startedMs;
    for (const { tag } of done) if (committedMs >= WARM_UP_MS) this.#outcomeMs.push(committedMs - tag.atMs);
  }

  #dollars(): number {
    const { consumer, seconds, markets } = this.#load;
    const lambdaMs = consumer.lingers ? seconds * 1_000 * markets : this.#busyMs;
    const receivesAndDeletes = 2 * this.#rounds * consumer.lanes;
    // A consumer that lingers is woken by a second message.
    const sends = this.#calls * (consumer.lingers ? 2 : 1);
    const dollars =
      (this.#calls * (PRICES.apiRequests + PRICES.invocations)) / 1e6 +
      (this.#apiMs / 1_000) * MEMORY_GB.api * PRICES.gbSeconds +
      (lambdaMs / 1_000) * MEMORY_GB.matcher * PRICES.gbSeconds +
      (consumer.lingers ? 0 : (this.#rounds * PRICES.invocations) / 1e6) +
      ((sends + receivesAndDeletes) * PRICES.queueRequests) / 1e6 +
      (this.#meter.writeUnits * PRICES.writeUnits + this.#meter.readUnits * PRICES.readUnits) / 1e6;
    return (1e6 * dollars) / Math.max(1, this.#taken);
  }
}
