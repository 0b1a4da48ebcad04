import definitions from "../../resources/markets.json" with { type: "json" };
import { Projector } from "../../lib/market/projector.ts";
import { readCatalogue } from "../../lib/market/market.ts";
import { commandToWire } from "../../lib/matching/command-wire.ts";
import type { CommandQueue } from "../../lib/ports/command-queue.ts";
import type { Clock, Log, Metrics, Random } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import { Matcher } from "../../lib/trading/matcher.ts";
import { readMessage } from "../../lib/trading/queued-command.ts";
import { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";

/** Without time of its own: sleeping is what makes it pass. */
export class VirtualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  nowMs(): number {
    return this.#nowMs;
  }
  async sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
  }
  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const UNMEASURED: Metrics = { add: () => {} };
const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ids and chances that follow from a counter: the same run gives the same ids. */
export class CountingRandom implements Random {
  #count = 0;
  id(timeMs: number): string {
    const encode = (value: number, length: number): string =>
      Array.from({ length }, (_, index) => BASE32[Math.floor(value / 32 ** (length - 1 - index)) % 32]).join("");
    return encode(timeMs, 10) + encode(this.#count++, 16);
  }
  fraction(): number {
    return 0.5;
  }
}

export const CATALOGUE = readCatalogue(definitions);

/** The exchange's own use cases in one process, around a store that is given and queues that are models. */
export class InProcessExchange {
  readonly catalogue = CATALOGUE;
  readonly clock: Clock;
  readonly random: Random = new CountingRandom();
  readonly log: Log = SILENT;
  readonly metrics: Metrics = UNMEASURED;
  readonly store: Store;
  readonly queue: CommandQueue;
  readonly queues = new Map<string, FifoQueue>();
  readonly #matchers = new Map<string, Matcher>();
  readonly #projectors = new Map<string, Projector>();

  constructor(store: Store, clock: Clock = new VirtualClock()) {
    this.store = store;
    this.clock = clock;
    let messages = 0;
    for (const market of this.catalogue.markets.keys()) {
      this.queues.set(market, new FifoQueue({ identity: market, newMessageId: () => `message-${messages++}`, sequenceStart: 1_000n }));
    }
    this.queue = {
      send: async (market, command, correlationId) => {
        const body = JSON.stringify({ command: commandToWire(command), correlationId });
        this.queueOf(market).send({ groupId: market, deduplicationId: command.id, body }, this.clock.nowMs());
      },
      epoch: async (market) => `epoch-of-${market}`,
      marketOf: (arn) => arn,
      redeliver: async () => {},
      depth: async (market) => this.queueOf(market).counts(this.clock.nowMs()).visible,
      deadLetterDepth: async () => 0,
    };
  }

  queueOf(market: string): FifoQueue {
    const queue = this.queues.get(market);
    if (queue === undefined) throw new Error(`no queue of ${market}`);
    return queue;
  }

  /** Puts a text that is no command into a market's queue. */
  sendRaw(market: string, body: string): void {
    this.queueOf(market).send({ groupId: market, deduplicationId: this.random.id(0), body }, this.clock.nowMs());
  }

  /** Forgets everything that an instance keeps in memory. */
  coldStart(): void {
    this.#matchers.clear();
    this.#projectors.clear();
  }

  /** Delivers all that waits in a market's queue, as the event source mapping does. */
  async match(market: string): Promise<number> {
    const queue = this.queueOf(market);
    let total = 0;
    for (;;) {
      const batch = queue.receive(this.clock.nowMs(), { max: 10, visibilityTimeoutMs: 10_000 });
      if (batch.length === 0) return total;
      const commands = batch.map(({ message }) =>
        readMessage({
          messageId: message.messageId,
          body: message.body,
          sequence: message.sequenceNumber,
          sentMs: message.sentAtMs,
        }),
      );
      const nowMs = this.clock.nowMs();
      const completed = await this.#matcherOf(market).take(commands, { planBy: nowMs + 3_000, commitBy: nowMs + 4_500 });
      batch.forEach(({ receiptHandle }, index) => {
        if (index < completed) queue.delete(receiptHandle, this.clock.nowMs());
        else queue.changeVisibility(receiptHandle, 0, this.clock.nowMs());
      });
      total += completed;
      if (completed === 0) throw new Error(`the matcher of ${market} completes nothing`);
    }
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

  #matcherOf(name: string): Matcher {
    const market = this.catalogue.markets.get(name);
    if (market === undefined) throw new Error(`no market ${name}`);
    const matcher = this.#matchers.get(name) ?? new Matcher(market, this);
    this.#matchers.set(name, matcher);
    return matcher;
  }
}
