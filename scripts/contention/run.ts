import { type Catalogue, readCatalogue } from "../../lib/market/market.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import type { QueuedCommand } from "../../lib/matching/plan.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import type { CommandQueue, QueueMessage } from "../../lib/ports/command-queue.ts";
import type { Log } from "../../lib/ports/ports.ts";
import { type Place, type SlotReason, type Store, StoreUnavailable } from "../../lib/store/store.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";
import { CountingRandom } from "../../tests/simulation/effects.ts";
import { type Chance, chanceFrom } from "../demo/chance.ts";
import { type Attempt, ContendedStore } from "./contended-store.ts";
import type { Design } from "./designs.ts";
import { draw, LATENCIES } from "./latencies.ts";
import { Timeline } from "./timeline.ts";

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

const MAKER = "MAKER";
const USERS_PER_MARKET = 20;
const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const UNMEASURED = { add: () => {} };
const BATCH = 10;
const FUNCTION_MS = 5_000;

type Queued = {
  readonly command: QueuedCommand;
  readonly readyMs: number;
  readonly sentMs: number;
  readonly isMakers: boolean;
};

/** The exchange's own use cases and matchers, one queue and one consumer per market, in virtual time. */
export async function run(design: Design, load: Load): Promise<Figures> {
  return await new Model(design, load).figures();
}

class Model {
  readonly #design: Design;
  readonly #load: Load;
  readonly #timeline = new Timeline();
  readonly #chance: Chance;
  readonly #catalogue: Catalogue;
  readonly #store: ContendedStore;
  readonly #random = new CountingRandom();
  readonly #queues = new Map<string, Queued[]>();
  readonly #reserves: Attempt[] = [];
  readonly #commits: Attempt[] = [];
  readonly #makerCallMs: number[] = [];
  readonly #othersMs: number[] = [];
  #commitsDone = 0;
  #commitsRetried = 0;
  #limited = 0;
  #unavailable = 0;
  #sequence = 0n;

  constructor(design: Design, load: Load) {
    this.#design = design;
    this.#load = load;
    this.#chance = chanceFrom(load.seed);
    this.#catalogue = catalogueOf(load.markets);
    this.#store = new ContendedStore(this.#timeline, this.#chance, load.windowShare);
  }

  async figures(): Promise<Figures> {
    await this.#openAccounts();
    const endMs = this.#load.seconds * 1_000;
    for (const market of this.#catalogue.markets.keys()) {
      this.#queues.set(market, []);
      void this.#consume(market);
      void this.#quote(market, endMs);
      void this.#others(market, endMs);
    }
    await this.#timeline.runUntil(endMs);
    const waiting = [...this.#queues.values()].flat().filter(({ isMakers }) => !isMakers).length;
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

  async #openAccounts(): Promise<void> {
    const available = Object.fromEntries(
      [...this.#catalogue.assets.keys()].map((asset) => [`available:${asset}`, 10n ** 24n]),
    );
    const users = [...this.#catalogue.markets.keys()].flatMap((market) =>
      Array.from({ length: USERS_PER_MARKET }, (_, index) => userOf(market, index)),
    );
    for (const userId of [MAKER, ...users])
      await this.#store.truth.putMany([{ table: "wallets", item: { ...walletKey(userId), ...available } }]);
  }

  /** One quote after the other on both sides: the new one is placed, the old one of its side cancelled. */
  async #quote(market: string, endMs: number): Promise<void> {
    const everyMs = (1_000 * this.#load.markets) / this.#load.makerRate;
    const ports = this.#apiPorts(market, true);
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
    const operationId = this.#random.id(startedMs);
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
    const ports = this.#apiPorts(market, false);
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
      const operationId = this.#random.id(this.#timeline.nowMs);
      const userId = userOf(market, turn % USERS_PER_MARKET);
      placeOrder({ userId, operationId, request, correlationId: "c" }, ports).catch((fault: unknown) => {
        if (!(fault instanceof StoreUnavailable)) throw fault;
      });
    }
  }

  #apiPorts(market: string, isMakers: boolean): ApiPorts {
    const report = (attempt: Attempt): void => {
      if (isMakers) this.#reserves.push(attempt);
    };
    const store = this.#store.seenBy(this.#design.reserve(market), report);
    return this.#ports(this.#design.yields ? store : withoutMarks(store), isMakers);
  }

  #ports(store: Store, isMakers: boolean): ApiPorts {
    const timeline = this.#timeline;
    return {
      catalogue: this.#catalogue,
      store,
      clock: { nowMs: () => Math.floor(timeline.nowMs), sleep: (ms: number) => timeline.sleep(ms) },
      random: { id: (timeMs: number) => this.#random.id(timeMs), fraction: () => this.#chance.fraction() },
      log: SILENT,
      metrics: UNMEASURED,
      queue: {
        send: (market: string, message: QueueMessage) => this.#send(market, message, isMakers),
        epoch: async () => ({ id: "epoch", createdMs: 0 }),
      },
    };
  }

  async #send(market: string, { id, body }: QueueMessage, isMakers: boolean): Promise<void> {
    await this.#timeline.sleep(draw(LATENCIES.send, this.#chance));
    const sentMs = this.#timeline.nowMs;
    this.#sequence += 1n;
    const command = readMessage({
      messageId: id,
      body,
      sequence: String(this.#sequence),
      sentMs: Math.floor(sentMs),
    });
    this.#queues
      .get(market)
      ?.push({ command, sentMs, readyMs: sentMs + draw(LATENCIES.hop, this.#chance), isMakers });
  }

  /** The event source mapping with a warm function. */
  async #consume(market: string): Promise<void> {
    const definition = this.#catalogue.markets.get(market);
    const queue = this.#queues.get(market);
    if (definition === undefined || queue === undefined) throw new Error(`no market ${market}`);
    let attempts = 0;
    const store = this.#store.seenBy(this.#design.commit(market), (attempt) => {
      this.#commits.push(attempt);
      attempts++;
      if (attempt.isConflict) return;
      this.#commitsDone++;
      if (attempts > 1) this.#commitsRetried++;
      attempts = 0;
    });
    const matcher = new Matcher(
      definition,
      this.#ports(this.#design.cuts ? store : withoutNames(store), false),
    );
    for (;;) {
      const { nowMs } = this.#timeline;
      const later = queue.findIndex(({ readyMs }) => readyMs > nowMs);
      const batch = queue.slice(0, Math.min(BATCH, later === -1 ? queue.length : later));
      if (batch.length === 0) {
        await this.#timeline.sleep(5);
        continue;
      }
      const { completed } = await matcher.take(
        batch.map(({ command }) => command),
        {
          recoverBy: nowMs + FUNCTION_MS * 0.6,
          planBy: nowMs + FUNCTION_MS * 0.6,
          commitBy: nowMs + FUNCTION_MS - 400,
        },
      );
      queue.splice(0, completed);
      for (const { sentMs, isMakers } of batch.slice(0, completed))
        if (!isMakers) this.#othersMs.push(this.#timeline.nowMs - sentMs);
      await this.#timeline.sleep(draw(LATENCIES.cycle, this.#chance));
    }
  }
}

type ApiPorts = Parameters<typeof placeOrder>[1] & { readonly queue: Pick<CommandQueue, "send" | "epoch"> };

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

function catalogueOf(markets: number): Catalogue {
  const bases = Array.from({ length: markets }, (_, index) => `A${index}`);
  return readCatalogue({
    assets: [...bases, "USDT"].map((asset) => ({ asset, decimals: 8, withdrawalFee: "0" })),
    markets: bases.map((base) => ({
      market: `${base}-USDT`,
      base,
      quote: "USDT",
      tickSize: "0.01",
      lotSize: "0.0001",
      minNotional: "5",
      makerFee: "0.001",
      takerFee: "0.002",
    })),
  });
}
