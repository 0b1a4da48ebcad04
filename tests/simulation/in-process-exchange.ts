import { takeBatch } from "../../lib/edge/queue-worker.ts";
import { readCatalogue } from "../../lib/market/market.ts";
import { Projector } from "../../lib/market-data/projector.ts";
import { type Deadlines, Matcher } from "../../lib/matcher/matcher.ts";
import { deadlinesOf } from "../../lib/matcher/time.ts";
import type { QueuedCommand } from "../../lib/matching/plan.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import type { CommandQueue } from "../../lib/ports/command-queue.ts";
import type { Clock, Log, Metrics, Random } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import definitions from "../../resources/markets.json" with { type: "json" };
import { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery } from "../../scripts/local/sqs/message.ts";
import { CountingRandom, RecordingLog, VirtualClock } from "./effects.ts";
import { doneOf, eventOf, redeliver, VISIBILITY_MS } from "./event-source.ts";

export const CATALOGUE = readCatalogue(definitions);

const UNMEASURED: Metrics = { add: () => {} };
const FUNCTION_MS = 5_000;
/** So often a batch may come to nothing before it counts as one that never will. */
const FUTILE_ROUNDS = 50;

export type Effects = { readonly clock?: Clock; readonly log?: Log; readonly metrics?: Metrics };

type Queue = { readonly fifo: FifoQueue; readonly epoch: string; readonly createdMs: number };

/** Messages in flight, and the commands that they carry. */
export type Batch = { readonly deliveries: readonly Delivery[]; readonly commands: readonly QueuedCommand[] };

/**
 * The exchange's own use cases in one process, around a store that is given and queues that are models. It is itself the ports of
 * every use case; `{ ...exchange, store: another }` are the same ports around another store.
 */
export class InProcessExchange {
  readonly catalogue = CATALOGUE;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: Random = new CountingRandom();
  readonly queue: CommandQueue;
  readonly #queues = new Map<string, Queue>();
  readonly #matchers = new Map<string, Matcher>();
  readonly #projectors = new Map<string, Projector>();
  #created = 0;

  constructor(
    store: Store,
    { clock = new VirtualClock(), log = new RecordingLog(), metrics = UNMEASURED }: Effects = {},
  ) {
    this.store = store;
    this.clock = clock;
    this.log = log;
    this.metrics = metrics;
    for (const market of this.catalogue.markets.keys()) this.createQueue(market, 1_000n);
    this.queue = {
      send: async (market, message) => this.#send(market, message),
      epoch: async (market) => {
        const { epoch, createdMs } = this.#queueOf(market);
        return { id: epoch, createdMs };
      },
      marketOf: (arn) => arn,
      redeliver: async (market, receiptHandles, delaySeconds) =>
        redeliver(this.#queueOf(market).fifo, { receiptHandles, delaySeconds }, this.clock.nowMs()),
      depth: async (market) => this.#queueOf(market).fifo.counts(this.clock.nowMs()).visible,
      deadLetterDepth: async () => 0,
    };
  }

  /** Creates a market's queue anew: what waited is gone, and sequence numbers begin again. */
  createQueue(market: string, sequenceStart: bigint): void {
    const epoch = `epoch-${++this.#created}`;
    const newMessageId = () => `message-${this.random.id(0)}`;
    const fifo = new FifoQueue({ identity: epoch, newMessageId, sequenceStart });
    this.#queues.set(market, { epoch, fifo, createdMs: this.clock.nowMs() });
  }

  /** Puts a text that is no command into a market's queue. */
  sendRaw(market: string, body: string): void {
    this.#send(market, { id: this.random.id(0), body });
  }

  /** The next batch of a market's queue; empty while another one is in flight. */
  receive(market: string, max = 10): Batch {
    const deliveries = this.#queueOf(market).fifo.receive(this.clock.nowMs(), {
      max,
      visibilityTimeoutMs: VISIBILITY_MS,
    });
    const commands = deliveries.map(({ message }) =>
      readMessage({
        messageId: message.messageId,
        body: message.body,
        sequence: message.sequenceNumber,
        sentMs: message.sentAtMs,
      }),
    );
    return { deliveries, commands };
  }

  /** Deletes the first of a batch, as many as were completed. The others stay in flight until their time is up. */
  acknowledge(market: string, { deliveries }: Batch, completed: number): void {
    const { fifo } = this.#queueOf(market);
    for (const { receiptHandle } of deliveries.slice(0, completed))
      fifo.delete(receiptHandle, this.clock.nowMs());
  }

  /** An instance of the matching function, beside the one that `match` keeps warm. */
  newMatcher(market: string, ports: Partial<InProcessExchange> = {}): Matcher {
    const definition = this.catalogue.markets.get(market);
    if (definition === undefined) throw new Error(`no market ${market}`);
    return new Matcher(definition, { ...this, ...ports });
  }

  /** As much time as an invocation has. */
  deadlines(): Deadlines {
    return deadlinesOf({ nowMs: this.clock.nowMs(), leftMs: FUNCTION_MS });
  }

  /** Delivers all that waits in a market's queue to the worker, as the event source mapping does, and waits for what is hidden. */
  async match(market: string, matcher = this.#warmMatcher(market)): Promise<number> {
    const { fifo } = this.#queueOf(market);
    let total = 0;
    for (let futile = 0; futile < FUTILE_ROUNDS; ) {
      const batch = this.receive(market);
      const opensMs = fifo.nextOpeningMs(this.clock.nowMs());
      if (batch.deliveries.length > 0) {
        const completed = await this.#deliver(market, batch, matcher);
        total += completed;
        futile = completed === 0 ? futile + 1 : 0;
      } else if (opensMs === undefined) return total;
      else await this.clock.sleep(opensMs - this.clock.nowMs());
    }
    throw new Error(`the matcher of ${market} completes nothing`);
  }

  async #deliver(market: string, batch: Batch, matcher: Matcher): Promise<number> {
    const startedMs = this.clock.nowMs();
    const context = { getRemainingTimeInMillis: () => FUNCTION_MS - (this.clock.nowMs() - startedMs) };
    const delivery = { event: eventOf(market, batch.deliveries), context, matcherOf: () => matcher };
    const done = doneOf(batch.deliveries, await takeBatch(delivery, this));
    this.acknowledge(market, batch, done.length);
    return done.length;
  }

  async matchAll(): Promise<void> {
    for (const market of this.catalogue.markets.keys()) await this.match(market);
  }

  async project(): Promise<void> {
    for (const market of this.catalogue.markets.values()) {
      const projector = this.#projectors.get(market.market) ?? new Projector(market, this);
      this.#projectors.set(market.market, projector);
      await projector.run(this.clock.nowMs() + 20_000);
    }
  }

  /** Forgets everything that instances keep in memory. */
  coldStart(): void {
    this.#matchers.clear();
    this.#projectors.clear();
  }

  #warmMatcher(market: string): Matcher {
    const matcher = this.#matchers.get(market) ?? this.newMatcher(market);
    this.#matchers.set(market, matcher);
    return matcher;
  }

  #send(market: string, { id, body }: { readonly id: string; readonly body: string }): void {
    this.#queueOf(market).fifo.send({ groupId: market, deduplicationId: id, body }, this.clock.nowMs());
  }

  #queueOf(market: string): Queue {
    const queue = this.#queues.get(market);
    if (queue === undefined) throw new Error(`no queue of ${market}`);
    return queue;
  }
}
