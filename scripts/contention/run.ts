import { type Place, type SlotReason, type Store, StoreUnavailable } from "../../lib/store/store.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { MAPPED } from "../aws-model/consumers.ts";
import type { Attempt } from "../aws-model/contended-store.ts";
import { type ApiPorts, VirtualExchange } from "../aws-model/virtual-exchange.ts";
import type { Design } from "./designs.ts";

export type Load = {
  readonly markets: number;
  /** Orders per second that the market maker places, over all markets; each takes the place of one that is cancelled. */
  readonly makerRate: number;
  /** Orders per second of all others, in each market: one half takes what stands there, the other rests behind it. */
  readonly othersRate: number;
  readonly seconds: number;
  readonly windowShare: number;
  readonly seed: number;
};

export type Figures = {
  /** Of the attempts: */
  readonly reserveConflicts: number;
  readonly commitConflicts: number;
  /** Of the commits, those that took more than one attempt. */
  readonly commitsRetried: number;
  readonly makerLimited: number;
  readonly makerUnavailable: number;
  /** How long his accepted calls took, ms. */
  readonly makerCallMs: readonly number[];
  /** From sending a command of anybody else to its commit, ms. */
  readonly othersMs: readonly number[];
  /** Commands of others that were committed, of those that were sent. */
  readonly othersDone: number;
};

type Sender = "maker" | "others";

const MAKER = "MAKER";
const USERS_PER_MARKET = 20;

/** The exchange's own use cases and matchers, one queue and one consumer per market, in virtual time. */
export async function run(design: Design, load: Load): Promise<Figures> {
  return await new Model(design, load).figures();
}

class Model {
  readonly #design: Design;
  readonly #load: Load;
  readonly #exchange: VirtualExchange<Sender>;
  readonly #reserves: Attempt[] = [];
  readonly #commits: Attempt[] = [];
  readonly #makerCallMs: number[] = [];
  readonly #othersMs: number[] = [];
  #commitsDone = 0;
  #commitsRetried = 0;
  #limited = 0;
  #unavailable = 0;

  constructor(design: Design, load: Load) {
    this.#design = design;
    this.#load = load;
    this.#exchange = new VirtualExchange({ ...load, lanes: MAPPED.lanes });
  }

  get #timeline() {
    return this.#exchange.timeline;
  }

  get #chance() {
    return this.#exchange.chance;
  }

  async figures(): Promise<Figures> {
    const { markets, queues } = this.#exchange;
    const users = markets.flatMap((market) =>
      Array.from({ length: USERS_PER_MARKET }, (_, index) => userOf(market, index)),
    );
    await this.#exchange.openAccounts([MAKER, ...users]);
    const endMs = this.#load.seconds * 1_000;
    for (const market of markets) {
      void this.#consume(market);
      void this.#quote(market, endMs);
      void this.#others(market, endMs);
    }
    await this.#timeline.runUntil(endMs);
    const waiting = [...queues.values()]
      .flatMap((queue) => queue.waiting)
      .filter(({ tag }) => tag === "others").length;
    const share = (attempts: readonly Attempt[]): number =>
      attempts.filter(({ isConflict }) => isConflict).length / Math.max(1, attempts.length);
    return {
      reserveConflicts: share(this.#reserves),
      commitConflicts: share(this.#commits),
      commitsRetried: this.#commitsRetried / Math.max(1, this.#commitsDone),
      makerLimited: this.#limited,
      makerUnavailable: this.#unavailable,
      makerCallMs: this.#makerCallMs,
      othersMs: this.#othersMs,
      othersDone: this.#othersMs.length / (this.#othersMs.length + waiting),
    };
  }

  /** One quote after the other on both sides: the new one is placed, the old one of its side cancelled. */
  async #quote(market: string, endMs: number): Promise<void> {
    const everyMs = (1_000 * this.#load.markets) / this.#load.makerRate;
    const ports = this.#apiPorts(market, "maker");
    const resting: { buy: string | undefined; sell: string | undefined } = {
      buy: undefined,
      sell: undefined,
    };
    await this.#timeline.sleep(this.#chance.fraction() * everyMs);
    for (let turn = 0; this.#timeline.nowMs < endMs; turn++) {
      const side = turn % 2 === 0 ? ("buy" as const) : ("sell" as const);
      void this.#requote(
        { market, side, type: "limit", price: side === "buy" ? "99" : "101", quantity: "10" },
        resting,
        ports,
      );
      await this.#timeline.sleep(everyMs * (0.5 + this.#chance.fraction()));
    }
  }

  async #requote(
    request: OrderRequest,
    resting: { buy: string | undefined; sell: string | undefined },
    ports: ApiPorts,
  ): Promise<void> {
    const startedMs = this.#timeline.nowMs;
    const before = resting[request.side];
    resting[request.side] = undefined;
    const operationId = this.#exchange.newId();
    try {
      if (before !== undefined)
        await cancelOrder(
          { userId: MAKER, orderId: before, operationId: `C${operationId}`, correlationId: "c" },
          ports,
        );
      const placed = await placeOrder({ userId: MAKER, operationId, request, correlationId: "c" }, ports);
      if (placed.ok) {
        resting[request.side] = placed.value.terms.id;
        this.#makerCallMs.push(this.#timeline.nowMs - startedMs);
      } else this.#limited++;
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault;
      this.#unavailable++;
    }
  }

  async #others(market: string, endMs: number): Promise<void> {
    const ports = this.#apiPorts(market, "others");
    for (let turn = 0; this.#timeline.nowMs < endMs; turn++) {
      await this.#timeline.sleep((-1_000 / this.#load.othersRate) * Math.log(1 - this.#chance.fraction()));
      const side = this.#chance.pick(["buy", "sell"] as const);
      const takes = this.#chance.fraction() < 0.5;
      const price = (side === "buy") === takes ? (takes ? "101" : "102") : takes ? "99" : "98";
      const request = {
        market,
        side,
        type: "limit",
        price,
        quantity: "1",
        timeInForce: takes ? "IOC" : "GTC",
      } as const;
      const operationId = this.#exchange.newId();
      const userId = userOf(market, turn % USERS_PER_MARKET);
      placeOrder({ userId, operationId, request, correlationId: "c" }, ports).catch((fault: unknown) => {
        if (!(fault instanceof StoreUnavailable)) throw fault;
      });
    }
  }

  #apiPorts(market: string, sender: Sender): ApiPorts {
    const store = this.#exchange.store.seenBy(this.#design.reserve(market), (attempt) => {
      if (sender === "maker") this.#reserves.push(attempt);
    });
    return this.#exchange.ports(this.#design.yields ? store : withoutMarks(store), sender);
  }

  async #consume(market: string): Promise<void> {
    let attempts = 0;
    const store = this.#exchange.store.seenBy(this.#design.commit(market), (attempt) => {
      this.#commits.push(attempt);
      attempts++;
      if (attempt.isConflict) return;
      this.#commitsDone++;
      if (attempts > 1) this.#commitsRetried++;
      attempts = 0;
    });
    await this.#exchange.consume(market, {
      consumer: MAPPED,
      store: this.#design.cuts ? store : withoutNames(store),
      onRound: ({ done, committedMs }) => {
        for (const { tag, sentMs } of done) if (tag === "others") this.#othersMs.push(committedMs - sentMs);
      },
    });
  }
}

/** Nobody sees the marks of contended wallets, nor what they cost to set. */
function withoutMarks(store: Store): Store {
  const isMark = ({ key }: Place): boolean => key.sk === "HOT";
  return {
    ...store,
    get: async (place) => (isMark(place) ? undefined : await store.get(place)),
    getMany: async (places) =>
      (await store.getMany(places)).map((item, index) => (isMark(places[index] as Place) ? undefined : item)),
  };
}

/** Something is busy, but not said what: so the matcher can only try again. */
function withoutNames(store: Store): Store {
  return {
    ...store,
    transact: async (writes) => {
      const outcome = await store.transact(writes);
      if (outcome.ok) return outcome;
      const reasons = outcome.reasons.map(
        (reason): SlotReason => (reason.code === "conflict" ? { code: "throttled" } : reason),
      );
      return { ok: false, reasons };
    },
  };
}

function userOf(market: string, index: number): string {
  return `${market} ${index}`;
}
