import { resendDesiredStates } from "../../lib/desired-state/resend-desired-states.ts";
import { takeBatch } from "../../lib/edge/queue-worker.ts";
import { sealedFrom } from "../../lib/journal/journal-items.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import { unseal } from "../../lib/matching/entry.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import { orderKey } from "../../lib/orders/order-item.ts";
import { type CommandQueue, QueueUnavailable } from "../../lib/ports/command-queue.ts";
import type { Clock, LogFields, Metrics, Random, RequestLog } from "../../lib/ports/ports.ts";
import {
  type Item,
  type Outcome,
  type Page,
  type Query,
  type SlotReason,
  type Store,
  StoreUnavailable,
  type Write,
} from "../../lib/store/store.ts";
import { SEND_WITHIN_MS } from "../../lib/trading/place-order.ts";
import { sweepPendingOrders } from "../../lib/trading/sweep.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery } from "../../scripts/local/sqs/message.ts";
import { type Adversary, CALL_FAULTS, type CallFault, type Fault } from "./adversary.ts";
import type { SentCommand } from "./command-judge.ts";
import { Contention } from "./contention.ts";
import { CountingRandom } from "./effects.ts";
import { doneOf, eventOf, redeliver, VISIBILITY_MS } from "./event-source.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import { type ReadFaults, Replicas, type Written } from "./replicas.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import { Stillness } from "./stillness.ts";
import { WarmProjectors } from "./warm-projectors.ts";

/** How much time an invocation has, and how long a commit takes: together they decide how far one gets with a long command. */
const FUNCTION_MS = [5_000, 3_500] as const;
const COMMIT_MS = [0, 60, 900] as const;
const SLOW_MS = 400;
const RECREATION_MS = 61_000;
const SAME_NUMBERS_SHARE = 0.4;
const SEQUENCE_STEP = 256n;
const MOST_REPEATED = 4n * SEQUENCE_STEP;
const SCALE_OUT_SHARE = 0.1;
const LONG_QUERY_MS = 60;
const LATEST_INVOCATION_MS = 120_000;
const FROZEN_MS = 15_000;
const MINUTES_MS = 4 * 60_000;
/** How many items an answer may hold: with three, also a short journal is read in pages. */
const PAGES = [3, 1_000] as const;
const READ_FAULTS: readonly CallFault[] = ["crash_before", "never_arrived", "slow", "frozen"];
const REDELIVERY_FAULTS = ["redelivery_failed", "crash_before", "crash_after", "slow", "frozen"] as const;

/** All that a use case may want of the outside, for one process. */
export type WorldPorts = {
  readonly catalogue: typeof CATALOGUE;
  readonly store: Store;
  readonly queue: CommandQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RequestLog;
  readonly metrics: Metrics;
};

type Queue = {
  readonly fifo: FifoQueue;
  readonly epoch: string;
  readonly createdMs: number;
  lastSequence: bigint;
  /** Of orders and cancels, which name what they are about: a second application of one has nothing to do. */
  readonly bodies: string[];
};

type WriteCall = {
  readonly what: string;
  readonly writes: readonly Write[];
  readonly isTransaction?: boolean;
};

type Judged = {
  readonly batch: readonly Delivery[];
  readonly completed: number;
  readonly fromMs: number;
  readonly faultsBefore: number;
};

/** A warm function: what it remembers outlives an invocation, and ends with a crash. */
type Instance = { process: Process | undefined; readonly matcher: Matcher };

/** The exchange around its real use cases: processes, queues, function instances, and an adversary at every call to the outside. */
export class World {
  readonly replicas: Replicas;
  readonly contention = new Contention();
  readonly broken: string[] = [];
  readonly random: Random = new CountingRandom();
  readonly recreated = new Set<string>();
  /** Every command that reached a queue, by its id: what the journal is judged by. */
  readonly sent = new Map<string, SentCommand>();
  /** Orders that were sent although it was too late. */
  readonly late: string[] = [];
  readonly stillness = new Stillness();
  readonly #scheduler: Scheduler;
  readonly #adversary: Adversary;
  readonly #chance: Chance;
  readonly #queues = new Map<string, Queue>();
  readonly #instances = new Map<string, Instance[]>();
  readonly #projectors: WarmProjectors;
  /** Until when a wallet that its next commits need is taken by others. */
  readonly #contended = new Map<string, number>();
  readonly #functionMs: number;
  readonly #commitMs: number;
  #epochs = 0;
  #messages = 0;

  constructor(scheduler: Scheduler, adversary: Adversary, chance: Chance) {
    this.#scheduler = scheduler;
    this.#adversary = adversary;
    this.#chance = chance;
    this.replicas = new Replicas(chance, { pageItems: chance.pick(PAGES) });
    this.#projectors = new WarmProjectors(chance, (running) => this.portsOf(running));
    this.#functionMs = chance.pick(FUNCTION_MS);
    this.#commitMs = chance.pick(COMMIT_MS);
    for (const market of CATALOGUE.markets.keys()) this.createQueue(market);
  }

  /** A new queue knows nothing of the old one's messages, and its sequence numbers may begin below them. */
  createQueue(market: string): void {
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
      createdMs: this.#scheduler.nowMs(),
      fifo,
      lastSequence: 0n,
      bodies: [],
    });
  }

  /** AWS lets a minute pass before a deleted queue's name may be used again. */
  loseQueue(market: string): void {
    this.recreated.add(market);
    this.leap(RECREATION_MS);
    this.createQueue(market);
  }

  epochOf(market: string): string {
    return this.#queueOf(market).epoch;
  }

  /** Time passes at once, whatever is going on. */
  leap(ms: number): void {
    this.#scheduler.advance(ms);
    this.stillness.noteLeap();
  }

  /** For a while every commit of a market meets a conflict. */
  contend(market: string, ms: number): void {
    this.#contended.set(market, this.#scheduler.nowMs() + ms);
  }

  /** Messages in flight come again, as when their visibility has ended. */
  redeliver(market: string): void {
    this.#queueOf(market).fifo.releaseInFlight();
  }

  waiting(market: string): number {
    const { visible, inFlight, delayed } = this.#queueOf(market).fifo.counts(this.#scheduler.nowMs());
    return visible + inFlight + delayed;
  }

  /** Puts a message that was sent before into its market's queue once more, as one that comes after the queue's memory of duplicates. */
  doubleMessage(market: string): boolean {
    const { bodies } = this.#queueOf(market);
    const body = bodies[this.#chance.below(bodies.length)];
    if (body === undefined) return false;
    this.sendRaw(market, body);
    this.#noteSent(body, this.#queueOf(market));
    return true;
  }

  sendRaw(market: string, body: string): void {
    const deduplicationId = `raw-${this.#messages++}`;
    this.#queueOf(market).fifo.send({ groupId: market, deduplicationId, body }, this.#scheduler.nowMs());
  }

  /** One delivery of the event source mapping: receive, invoke the worker, delete what is completed. */
  async deliver(process: Process, market: string): Promise<void> {
    const scheduler = this.#scheduler;
    const { fifo } = this.#queueOf(market);
    const functionMs = this.#functionMs;
    const batch = fifo.receive(scheduler.nowMs(), { max: 10, visibilityTimeoutMs: VISIBILITY_MS });
    if (batch.length === 0) return;
    // A mapping goes on trying to invoke a function that has no place; the queue may be another one by then.
    if (this.#adversary.strikes("invoked_late", market))
      await scheduler.turn(process, this.#chance.below(LATEST_INVOCATION_MS));
    const startedMs = scheduler.nowMs();
    this.stillness.begin(process, { market, fifo, batch, startedMs, functionMs });
    const instance = this.#idleInstance(market, process);
    const faultsBefore = this.#adversary.decisions;
    const context = { getRemainingTimeInMillis: () => functionMs - (scheduler.nowMs() - startedMs) };
    const delivery = { event: eventOf(market, batch), context, matcherOf: () => instance.matcher };
    const ports = this.portsOf(() => process);
    let bug: unknown;
    const log: RequestLog = {
      ...ports.log,
      error: (event, fault, fields) => {
        if (!(fault instanceof StoreUnavailable)) bug = fault;
        ports.log.error(event, fault, fields);
      },
    };
    const answer = await takeBatch(delivery, { ...ports, log });
    instance.process = undefined;
    if (bug !== undefined) throw bug;
    const done = doneOf(batch, answer);
    for (const { receiptHandle } of done) {
      if (this.#adversary.strikes("delete_lost", market)) this.stillness.noteFault(process, "delete_lost");
      else fifo.delete(receiptHandle, scheduler.nowMs());
    }
    await this.#judgeWaiting(market, { batch, completed: done.length, fromMs: startedMs, faultsBefore });
    this.stillness.end(process, scheduler.nowMs());
  }

  /** Notes a command that has waited for a wallet that it does not need, where nothing else has disturbed the invocation. */
  async #judgeWaiting(market: string, { batch, completed, fromMs, faultsBefore }: Judged): Promise<void> {
    const commands = batch.map(({ message: { messageId, body, sequenceNumber, sentAtMs } }) =>
      readMessage({ messageId, body, sequence: sequenceNumber, sentMs: sentAtMs }),
    );
    const fault = this.contention.faultOf(commands, {
      market,
      completed,
      fromMs,
      untilMs: this.#scheduler.nowMs(),
      callMs: this.#commitMs,
    });
    const isDisturbed =
      this.#adversary.decisions > faultsBefore || (this.#contended.get(market) ?? 0) > fromMs;
    if (fault === undefined || isDisturbed) return;
    // A command that is half done comes before all others, whoever's it is.
    if (!(await this.#isUnfinished(market))) this.broken.push(fault);
  }

  async #isUnfinished(market: string): Promise<boolean> {
    const page = await this.replicas.truth.query({
      table: "journal",
      pk: market,
      order: "descending",
      limit: 1,
    });
    const [last] = page.items;
    return last !== undefined && unseal(sealedFrom(last)).continuation !== undefined;
  }

  /** One invocation of the projecting function. */
  async project(process: Process): Promise<void> {
    await this.#projectors.invoke(process);
  }

  async sweep(process: Process): Promise<void> {
    try {
      const ports = this.portsOf(() => process);
      await resendDesiredStates(ports);
      await sweepPendingOrders(ports);
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault;
    }
  }

  /** The outside as a process meets it: each call waits for its turn and may suffer a fault. */
  portsOf(running: () => Process): WorldPorts {
    const scheduler = this.#scheduler;
    const clock: Clock = { nowMs: () => scheduler.nowMs(), sleep: (ms) => scheduler.turn(running(), ms) };
    return {
      catalogue: CATALOGUE,
      store: this.#storeOf(running),
      queue: this.#queuePort(running),
      clock,
      random: { id: (timeMs) => this.random.id(timeMs), fraction: () => this.#chance.fraction() },
      log: this.#log(),
      metrics: {
        add: (name) => {
          if (name === "CommitRetries") this.#adversary.note("commit_busy");
        },
      },
    };
  }

  #storeOf(running: () => Process): Store {
    const { replicas } = this;
    const read = <T>(what: string, run: () => Promise<T>): Promise<T> => this.#read(running(), what, run);
    const faults = (table: string): ReadFaults => ({
      isIndexLate: () => this.#adversary.strikes("stale_index", table),
      noteTorn: () => this.#adversary.note("torn_query"),
    });
    return {
      get: (place) => read(`get ${place.table}`, () => replicas.truth.get(place)),
      getMany: (places) => read("getMany", () => replicas.truth.getMany(places)),
      query: async (query) => {
        const first = await read(`query ${query.table}`, () => replicas.query(query, faults(query.table)));
        if (!this.#adversary.strikes("long_query", query.table)) return first;
        // A query reads one item after the other, and what is committed meanwhile shows in its later part only.
        await this.#scheduler.turn(running(), LONG_QUERY_MS);
        const second = await replicas.query(query, faults(query.table));
        return this.#spliced(query, first, second);
      },
      scan: (scan) => read(`scan ${scan.table}`, () => replicas.scan(scan, faults(scan.table))),
      write: (write) =>
        this.#write(running(), { what: `write ${write.table}`, writes: [write] }, () =>
          replicas.transact([write]),
        ),
      transact: (writes) => {
        const what = `transact ${[...new Set(writes.map(({ table }) => table))].join("+")}`;
        return this.#write(running(), { what, writes, isTransaction: true }, () => replicas.transact(writes));
      },
      putMany: async (puts) => {
        const run = async () => ({ outcome: { ok: true } as Outcome, written: await replicas.putMany(puts) });
        const outcome = await this.#write(running(), { what: "putMany", writes: [] }, run);
        if (!outcome.ok) throw new StoreUnavailable("the store leaves items unprocessed");
      },
    };
  }

  async #read<T>(process: Process, what: string, run: () => Promise<T>): Promise<T> {
    const fault = await this.#meet(process, READ_FAULTS, what);
    if (fault === "crash_before") return await this.#scheduler.crash(process);
    if (fault === "never_arrived") throw new StoreUnavailable("no answer");
    return await run();
  }

  async #write(
    process: Process,
    { what, writes, isTransaction = false }: WriteCall,
    run: () => Promise<{ readonly outcome: Outcome; readonly written: Written }>,
  ): Promise<Outcome> {
    const fault = await this.#meet(process, CALL_FAULTS, what);
    if (fault === "crash_before") return await this.#scheduler.crash(process);
    if (fault === "never_arrived") throw new StoreUnavailable("no answer");
    if (fault === "conflict" || fault === "throttled") return this.#busy(writes.length, fault);
    const isCommit = what.includes("journal") && writes.length > 0;
    const market = this.stillness.marketOf(process);
    if (isCommit && market !== undefined && (this.#contended.get(market) ?? 0) > this.#scheduler.nowMs()) {
      this.stillness.noteFault(process, "conflict");
      return this.#busy(writes.length, "conflict");
    }
    const conflict = this.contention.conflictOf(writes, this.#scheduler.nowMs());
    if (conflict !== undefined) {
      this.#adversary.note("transactions_met");
      this.stillness.noteFault(process, "conflict");
      return conflict;
    }
    const { outcome, written } = await run();
    if (fault === "crash_after") return await this.#scheduler.crash(process);
    // The answer is on its way: until it arrives, others may see part of what was written.
    // Who is frozen for minutes is not waited for: their transaction has long ended.
    const end =
      isTransaction && outcome.ok && fault !== "frozen_for_minutes"
        ? this.contention.hold(writes)
        : undefined;
    await this.#scheduler.turn(
      process,
      fault === "frozen_for_minutes" ? MINUTES_MS : isCommit ? this.#commitMs : 0,
    );
    end?.();
    written.isAnswered = true;
    if (fault === "answer_lost") throw new StoreUnavailable("the answer was lost");
    return outcome;
  }

  async #meet<F extends Fault>(process: Process, faults: readonly F[], what: string): Promise<F | undefined> {
    const fault = this.#adversary.choose(faults, `${what} by ${process.name}`);
    if (fault !== undefined) this.stillness.noteFault(process, fault);
    await this.#scheduler.turn(process, fault === "slow" ? SLOW_MS : fault === "frozen" ? FROZEN_MS : 0);
    return fault;
  }

  /** The first answer's items before a key drawn by chance, and the second's from there on. */
  #spliced({ order }: Query, first: Page, second: Page): Page {
    if (first.next !== undefined || second.next !== undefined || order === "descending") return second;
    const keyOf = (item: Item): string => `${item.pk} ${item.sk}`;
    const keys = [...new Set([...first.items, ...second.items].map(keyOf))].sort();
    const cut = keys[this.#chance.below(keys.length)] ?? "";
    return {
      items: [
        ...first.items.filter((item) => keyOf(item) < cut),
        ...second.items.filter((item) => keyOf(item) >= cut),
      ],
    };
  }

  #busy(slots: number, code: "conflict" | "throttled"): Outcome {
    const reasons: SlotReason[] = Array.from({ length: Math.max(slots, 1) }, () => ({ code: "none" }));
    reasons[this.#chance.below(reasons.length)] = { code };
    return { ok: false, reasons };
  }

  #queuePort(running: () => Process): CommandQueue {
    return {
      send: async (market, { id, body }) => {
        const process = running();
        await this.#noteLate(body);
        await this.#scheduler.turn(process);
        const fault = this.#adversary.choose(
          ["send_failed", "send_unheard", "crash_before", "crash_after", "frozen"],
          `send by ${process.name}`,
        );
        if (fault === "crash_before") return await this.#scheduler.crash(process);
        if (fault === "send_failed") throw new QueueUnavailable("no answer");
        if (fault === "frozen") await this.#scheduler.turn(process, FROZEN_MS);
        const queue = this.#queueOf(market);
        const { duplicate, sequenceNumber } = queue.fifo.send(
          { groupId: market, deduplicationId: id, body },
          this.#scheduler.nowMs(),
        );
        if (!duplicate) this.#noteSent(body, queue);
        queue.lastSequence = BigInt(sequenceNumber);
        if (fault === "crash_after") return await this.#scheduler.crash(process);
        if (fault === "send_unheard") throw new QueueUnavailable("the answer was lost");
        await this.#scheduler.turn(process);
      },
      epoch: async (market) => {
        await this.#scheduler.turn(running());
        const { epoch, createdMs } = this.#queueOf(market);
        return { id: epoch, createdMs };
      },
      marketOf: (arn) => arn,
      redeliver: async (market, receiptHandles, delaySeconds) => {
        const process = running();
        const fault = await this.#meet(process, REDELIVERY_FAULTS, "redeliver");
        if (fault === "crash_before") return await this.#scheduler.crash(process);
        if (fault === "redelivery_failed") throw new QueueUnavailable("no answer");
        redeliver(this.#queueOf(market).fifo, { receiptHandles, delaySeconds }, this.#scheduler.nowMs());
        if (fault === "crash_after") return await this.#scheduler.crash(process);
      },
      depth: async (market) => this.waiting(market),
      deadLetterDepth: async () => 0,
    };
  }

  /** What an adversary does to the sending itself no sender can help; but it must not begin to send an old order. */
  async #noteLate(body: string): Promise<void> {
    const nowMs = this.#scheduler.nowMs();
    const { command } = readMessage({ messageId: "", body, sequence: "0", sentMs: 0 });
    if (command?.kind !== "place") return;
    const { id, userId } = command.order;
    const order = await this.replicas.truth.get({ table: "orders", key: orderKey(userId, id) });
    const ageMs = nowMs - Number(order?.createdAtMs ?? 0n);
    if (ageMs > SEND_WITHIN_MS) this.late.push(`order ${id} was sent ${ageMs} ms after it was created`);
  }

  #noteSent(body: string, { epoch, bodies }: Queue): void {
    const { command } = readMessage({ messageId: "", body, sequence: "0", sentMs: 0 });
    if (command === undefined) return;
    const sentMs = new Map([[epoch, this.#scheduler.nowMs()], ...(this.sent.get(command.id)?.sentMs ?? [])]);
    const copies = (this.sent.get(command.id)?.copies ?? 0) + 1;
    this.sent.set(command.id, { command, sentMs, copies });
    if (command.kind === "place" || command.kind === "cancel") bodies.push(body);
  }

  #log(): RequestLog {
    const note = (event: string, fields: LogFields = {}): void => {
      const { kind } = fields;
      this.#adversary.note(kind === undefined ? `log ${event}` : `log ${event} ${kind}`);
    };
    return {
      info: note,
      warn: note,
      error: (event, _, fields) => note(event, fields),
      within: (run) => run(),
      add: () => {},
    };
  }

  #idleInstance(market: string, process: Process): Instance {
    const all = (this.#instances.get(market) ?? []).filter((instance) => instance.process?.crashed !== true);
    const idle = all.filter((instance) => instance.process === undefined);
    // Several warm instances, of which one at a time is behind, are how a stale book comes to plan.
    const isReplaced =
      this.#adversary.strikes("instance_replaced", market) ||
      (this.#adversary.isActive && this.#chance.fraction() < SCALE_OUT_SHARE);
    const known = idle.length > 0 && !isReplaced ? this.#chance.pick(idle) : undefined;
    const instance = known ?? this.#newInstance(market);
    instance.process = process;
    this.#instances.set(market, known === undefined ? [...all, instance].slice(-3) : all);
    return instance;
  }

  #newInstance(market: string): Instance {
    const definition = CATALOGUE.markets.get(market);
    if (definition === undefined) throw new Error(`no market ${market}`);
    const running = (): Process => {
      if (instance.process === undefined) throw new Error("an instance that is not invoked runs");
      return instance.process;
    };
    const instance: Instance = {
      process: undefined,
      matcher: new Matcher(definition, this.portsOf(running)),
    };
    return instance;
  }

  #queueOf(market: string): Queue {
    const queue = this.#queues.get(market);
    if (queue === undefined) throw new Error(`no queue of ${market}`);
    return queue;
  }
}
