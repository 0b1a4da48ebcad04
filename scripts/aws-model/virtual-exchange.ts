import { type Catalogue, readCatalogue } from "../../lib/market/market.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import { deadlinesOf } from "../../lib/matcher/time.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import type { CommandQueue, QueueMessage } from "../../lib/ports/command-queue.ts";
import type { Log } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import type { PlaceOrderPorts } from "../../lib/trading/place-order.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";
import { CountingRandom } from "../../tests/simulation/effects.ts";
import { type Chance, chanceFrom } from "../demo/chance.ts";
import type { Consumer } from "./consumers.ts";
import { ContendedStore } from "./contended-store.ts";
import { draw, LATENCIES, type Latency } from "./latencies.ts";
import { type Arrival, MarketQueue } from "./market-queue.ts";
import { Timeline } from "./timeline.ts";

export type ApiPorts = PlaceOrderPorts & { readonly queue: Pick<CommandQueue, "send" | "epoch"> };

/** One round of a consumer: what it took, and of it what was completed. */
export type Round<Tag> = {
  readonly taken: number;
  readonly done: readonly Arrival<Tag>[];
  readonly startedMs: number;
  readonly committedMs: number;
  /** When the consumer was free again. */
  readonly endedMs: number;
};

type Consumption<Tag> = {
  readonly consumer: Consumer;
  readonly store: Store;
  readonly onRound: (round: Round<Tag>) => void;
};

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const UNMEASURED = { add: () => {} };
const MATCHER_MS = 5_000;
const EPOCH = { id: "epoch", createdMs: 0 };

/**
 * The exchange's own use cases and matchers in virtual time, with AWS's latencies at every call: a queue and a consumer per market, and a store
 * in which transactions conflict. What the processor does takes no time here.
 */
export class VirtualExchange<Tag> {
  readonly timeline = new Timeline();
  readonly chance: Chance;
  readonly catalogue: Catalogue;
  readonly store: ContendedStore;
  readonly queues: ReadonlyMap<string, MarketQueue<Tag>>;
  readonly #random = new CountingRandom();
  readonly #numbers = new WeakMap<Arrival<Tag>, number>();
  #received = 0;

  constructor(options: {
    readonly markets: number;
    readonly lanes: number;
    readonly seed: number;
    readonly windowShare: number;
  }) {
    this.chance = chanceFrom(options.seed);
    this.catalogue = catalogueOf(options.markets);
    this.store = new ContendedStore(this.timeline, this.chance, options.windowShare);
    this.queues = new Map(this.markets.map((market) => [market, new MarketQueue<Tag>(options.lanes)]));
  }

  get markets(): readonly string[] {
    return [...this.catalogue.markets.keys()];
  }

  newId(): string {
    return this.#random.id(this.timeline.nowMs);
  }

  async spend(...steps: readonly (Latency | undefined)[]): Promise<void> {
    for (const step of steps) if (step !== undefined) await this.timeline.sleep(draw(step, this.chance));
  }

  /** As much of every asset as nobody can spend. */
  async openAccounts(userIds: readonly string[]): Promise<void> {
    const available = Object.fromEntries(
      [...this.catalogue.assets.keys()].map((asset) => [`available:${asset}`, 10n ** 24n]),
    );
    for (const userId of userIds)
      await this.store.truth.putMany([{ table: "wallets", item: { ...walletKey(userId), ...available } }]);
  }

  /** What use cases are given; their commands carry the tag, and go to the lane. */
  ports(store: Store, tag: Tag, lane = 0): ApiPorts {
    const { timeline, chance, catalogue } = this;
    return {
      catalogue,
      store,
      clock: { nowMs: () => Math.floor(timeline.nowMs), sleep: (ms) => timeline.sleep(ms) },
      random: { id: (timeMs) => this.#random.id(timeMs), fraction: () => chance.fraction() },
      log: SILENT,
      metrics: UNMEASURED,
      queue: {
        send: (market, message) => this.#send(market, message, { tag, lane }),
        epoch: async () => EPOCH,
      },
    };
  }

  async #send(
    market: string,
    { id, body }: QueueMessage,
    { tag, lane }: { readonly tag: Tag; readonly lane: number },
  ): Promise<void> {
    await this.spend(LATENCIES.send);
    const sentMs = this.timeline.nowMs;
    const message = { messageId: id, body, sequence: "0", sentMs: Math.floor(sentMs) };
    this.queues.get(market)?.send({ command: readMessage(message), sentMs, tag }, lane);
  }

  /** A market's one consumer, warm and for ever. */
  async consume(market: string, { consumer, store, onRound }: Consumption<Tag>): Promise<void> {
    const definition = this.catalogue.markets.get(market);
    const queue = this.queues.get(market);
    if (definition === undefined || queue === undefined) throw new Error(`no market ${market}`);
    const matcher = new Matcher(definition, this.ports(store, undefined as Tag));
    const { timeline } = this;
    const eachLane = (step: Latency | undefined): Promise<unknown> =>
      Promise.all(Array.from({ length: consumer.lanes }, () => this.spend(step)));
    for (;;) {
      if (queue.isEmpty) {
        await queue.arrival();
        await this.spend(consumer.wake);
      } else await eachLane(consumer.receive);
      const startedMs = timeline.nowMs;
      const batch = this.#inOrder(queue.next());
      const { completed } = await matcher.take(
        batch.map((arrival) => ({ ...arrival.command, sequence: String(this.#numberOf(arrival)) })),
        deadlinesOf({ nowMs: startedMs, leftMs: MATCHER_MS }),
      );
      const done = batch.slice(0, completed);
      queue.delete(new Set(done));
      const committedMs = timeline.nowMs;
      await eachLane(consumer.finish);
      onRound({ taken: batch.length, done, startedMs, committedMs, endedMs: timeline.nowMs });
    }
  }

  /** A market's commands are numbered as they are received: those of a lane keep their order, and what comes again comes first. */
  #inOrder(batch: readonly Arrival<Tag>[]): readonly Arrival<Tag>[] {
    return batch.toSorted((a, b) => this.#numberOf(a) - this.#numberOf(b));
  }

  #numberOf(arrival: Arrival<Tag>): number {
    const number = this.#numbers.get(arrival) ?? ++this.#received;
    this.#numbers.set(arrival, number);
    return number;
  }
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
