import { readMessage } from "../../lib/matching/wire/message.ts";
import { orderKey } from "../../lib/orders/order-item.ts";
import { type CommandQueue, QueueUnavailable } from "../../lib/ports/command-queue.ts";
import type { Store } from "../../lib/store/store.ts";
import { SEND_WITHIN_MS } from "../../lib/trading/place-order.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";
import { type Calls, FROZEN_MS, meet } from "./calls.ts";
import type { SentCommand } from "./command-judge.ts";
import { redeliver } from "./event-source.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import type { Process } from "./scheduler.ts";

const RECREATION_MS = 61_000;
const SAME_NUMBERS_SHARE = 0.4;
const SEQUENCE_STEP = 256n;
const MOST_REPEATED = 4n * SEQUENCE_STEP;
const SEND_FAULTS = ["send_failed", "send_unheard", "crash_before", "crash_after", "frozen"] as const;
const REDELIVERY_FAULTS = ["redelivery_failed", "crash_before", "crash_after", "slow", "frozen"] as const;

type Queue = {
  readonly fifo: FifoQueue;
  readonly epoch: string;
  readonly createdMs: number;
  lastSequence: bigint;
  /** Of orders and cancels, which name what they are about: a second application of one has nothing to do. */
  readonly bodies: string[];
};

/** The markets' queues, which come and go, as processes meet them; and what was ever put into them. */
export class Queues {
  readonly recreated = new Set<string>();
  /** Every command that reached a queue, by its id: what the journal is judged by. */
  readonly sent = new Map<string, SentCommand>();
  /** Orders that were sent although it was too late. */
  readonly late: string[] = [];
  readonly #calls: Calls;
  readonly #chance: Chance;
  readonly #truth: Pick<Store, "get">;
  readonly #queues = new Map<string, Queue>();
  #epochs = 0;
  #messages = 0;

  constructor(calls: Calls, chance: Chance, truth: Pick<Store, "get">) {
    this.#calls = calls;
    this.#chance = chance;
    this.#truth = truth;
    for (const market of CATALOGUE.markets.keys()) this.#create(market);
  }

  /** A new queue knows nothing of the old one's messages, and its sequence numbers may begin below them. */
  #create(market: string): void {
    const epoch = `epoch-${++this.#epochs}`;
    // The numbers of the last messages again, now and then: what tells two queues apart is not their messages' numbers.
    const last = this.#queues.get(market)?.lastSequence ?? 0n;
    const sequenceStart =
      last > MOST_REPEATED && this.#chance.fraction() < SAME_NUMBERS_SHARE
        ? last - BigInt(1 + this.#chance.below(Number(MOST_REPEATED / SEQUENCE_STEP))) * SEQUENCE_STEP
        : BigInt(this.#chance.below(100_000));
    const options = {
      identity: epoch,
      newMessageId: () => `message-${this.#messages++}`,
      sequenceStart,
    };
    const fifo = new FifoQueue(options);
    this.#queues.set(market, {
      epoch,
      createdMs: this.#calls.scheduler.nowMs(),
      fifo,
      lastSequence: 0n,
      bodies: [],
    });
  }

  /** AWS lets a minute pass before a deleted queue's name may be used again. */
  lose(market: string): void {
    this.recreated.add(market);
    this.#calls.scheduler.advance(RECREATION_MS);
    this.#calls.stillness.noteLeap();
    this.#create(market);
  }

  epochOf(market: string): string {
    return this.of(market).epoch;
  }

  /** Messages in flight come again, as when their visibility has ended. */
  redeliver(market: string): void {
    this.of(market).fifo.releaseInFlight();
  }

  waiting(market: string): number {
    const { visible, inFlight, delayed } = this.of(market).fifo.counts(this.#calls.scheduler.nowMs());
    return visible + inFlight + delayed;
  }

  /** Puts a message that was sent before into its market's queue once more, as one that comes after the queue's memory of duplicates. */
  doubleMessage(market: string): boolean {
    const { bodies } = this.of(market);
    const body = bodies[this.#chance.below(bodies.length)];
    if (body === undefined) return false;
    this.sendRaw(market, body);
    this.#noteSent(body, this.of(market));
    return true;
  }

  sendRaw(market: string, body: string): void {
    const deduplicationId = `raw-${this.#messages++}`;
    this.of(market).fifo.send({ groupId: market, deduplicationId, body }, this.#calls.scheduler.nowMs());
  }

  port(running: () => Process): CommandQueue {
    return {
      send: async (market, { id, body }) => {
        const process = running();
        await this.#noteLate(body);
        await this.#calls.scheduler.turn(process);
        const fault = this.#calls.adversary.choose(SEND_FAULTS, `send by ${process.name}`);
        if (fault === "crash_before") return await this.#calls.scheduler.crash(process);
        if (fault === "send_failed") throw new QueueUnavailable("no answer");
        if (fault === "frozen") await this.#calls.scheduler.turn(process, FROZEN_MS);
        const queue = this.of(market);
        const { duplicate, sequenceNumber } = queue.fifo.send(
          { groupId: market, deduplicationId: id, body },
          this.#calls.scheduler.nowMs(),
        );
        if (!duplicate) this.#noteSent(body, queue);
        queue.lastSequence = BigInt(sequenceNumber);
        if (fault === "crash_after") return await this.#calls.scheduler.crash(process);
        if (fault === "send_unheard") throw new QueueUnavailable("the answer was lost");
        await this.#calls.scheduler.turn(process);
      },
      epoch: async (market) => {
        await this.#calls.scheduler.turn(running());
        const { epoch, createdMs } = this.of(market);
        return { id: epoch, createdMs };
      },
      marketOf: (arn) => arn,
      redeliver: async (market, receiptHandles, delaySeconds) => {
        const process = running();
        const fault = await meet(this.#calls, process, { faults: REDELIVERY_FAULTS, what: "redeliver" });
        if (fault === "crash_before") return await this.#calls.scheduler.crash(process);
        if (fault === "redelivery_failed") throw new QueueUnavailable("no answer");
        redeliver(this.of(market).fifo, { receiptHandles, delaySeconds }, this.#calls.scheduler.nowMs());
        if (fault === "crash_after") return await this.#calls.scheduler.crash(process);
      },
      depth: async (market) => this.waiting(market),
      deadLetterDepth: async () => 0,
    };
  }

  /** What an adversary does to the sending itself no sender can help; but it must not begin to send an old order. */
  async #noteLate(body: string): Promise<void> {
    const nowMs = this.#calls.scheduler.nowMs();
    const { command } = readMessage({ messageId: "", body, sequence: "0", sentMs: 0 });
    if (command?.kind !== "place") return;
    const { id, userId } = command.order;
    const order = await this.#truth.get({ table: "orders", key: orderKey(userId, id) });
    const ageMs = nowMs - Number(order?.createdAtMs ?? 0n);
    if (ageMs > SEND_WITHIN_MS) this.late.push(`order ${id} was sent ${ageMs} ms after it was created`);
  }

  #noteSent(body: string, { epoch, bodies }: Queue): void {
    const { command } = readMessage({ messageId: "", body, sequence: "0", sentMs: 0 });
    if (command === undefined) return;
    const sentMs = new Map([
      [epoch, this.#calls.scheduler.nowMs()],
      ...(this.sent.get(command.id)?.sentMs ?? []),
    ]);
    const copies = (this.sent.get(command.id)?.copies ?? 0) + 1;
    this.sent.set(command.id, { command, sentMs, copies });
    if (command.kind === "place" || command.kind === "cancel") bodies.push(body);
  }

  of(market: string): Queue {
    const queue = this.#queues.get(market);
    if (queue === undefined) throw new Error(`no queue of ${market}`);
    return queue;
  }
}
