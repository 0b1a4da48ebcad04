import { randomUUID } from "node:crypto";
import { type ChangeLog, type LogEntry, NO_LOG } from "./change-log.ts";
import { SqsFault } from "./faults.ts";
import { FifoQueue } from "./fifo-queue.ts";
import { LongPoll } from "./long-poll.ts";
import type { QueueChange, QueueState, Redrive } from "./message.ts";
import {
  type QueueAttributes,
  type QueueSettings,
  sameValue,
  settingsOf,
  withDefaults,
} from "./queue-attributes.ts";

export type ServedQueue = {
  readonly name: string;
  readonly createdSeconds: number;
  attributes: QueueAttributes;
  settings: QueueSettings;
  readonly model: FifoQueue;
  readonly poll: LongPoll;
};

/** As large as those of AWS, and above all of a queue of the same name that was created earlier. */
const SEQUENCE_BASE = 10_000_000_000_000_000_000n;
const SEQUENCES_PER_SECOND = 1_000_000_000n;
const STATE_PART = 1000;
/** Changes after which a receive may find what it did not find before. */
const OPENING_CHANGES: readonly QueueChange["kind"][] = ["sent", "visibility", "removed"];

/** The queues of the server, by name. It writes every change to the log; whoever answers a request flushes. */
export class QueueRegistry {
  readonly #nowMs: () => number;
  readonly #queues = new Map<string, ServedQueue>();
  #log: ChangeLog = NO_LOG;
  /** Of the newest queue that was ever deleted. */
  #horizonSeconds = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** From now on changes are written down. */
  logTo(log: ChangeLog): void {
    this.#log = log;
  }

  get(name: string): ServedQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new SqsFault("QueueDoesNotExist", "The specified queue does not exist.");
    return queue;
  }

  list(prefix: string): readonly ServedQueue[] {
    return [...this.#queues.values()].filter((queue) => queue.name.startsWith(prefix));
  }

  /** The queue of that name, where it exists with the same attributes. */
  create(name: string, given: QueueAttributes): ServedQueue {
    const existing = this.#queues.get(name);
    if (existing !== undefined) {
      assertSame(existing, given);
      return existing;
    }
    const attributes = withDefaults(given);
    this.#assertRedrive(name, attributes);
    const createdSeconds = Math.max(Math.floor(this.#nowMs() / 1000), this.#horizonSeconds + 1);
    const queue = this.#add(name, createdSeconds, attributes);
    this.#log.append({ kind: "created", queue: name, createdSeconds, attributes });
    return queue;
  }

  configure(queue: ServedQueue, given: QueueAttributes): void {
    if (given.FifoQueue !== undefined && !queue.settings.fifo) {
      throw new SqsFault("InvalidAttributeValue", "The type of a queue cannot be changed.");
    }
    const attributes = { ...queue.attributes, ...given };
    this.#assertRedrive(queue.name, attributes);
    this.#configure(queue, attributes);
    this.#log.append({ kind: "configured", queue: queue.name, attributes });
  }

  delete(queue: ServedQueue): void {
    this.#drop(queue);
    this.#log.append({ kind: "dropped", queue: queue.name });
    queue.poll.giveUpAll();
  }

  /** Carries out what an earlier run wrote down. */
  replay(entry: LogEntry): void {
    switch (entry.kind) {
      case "created":
        this.#add(entry.queue, entry.createdSeconds, entry.attributes);
        return;
      case "configured":
        this.#configure(this.get(entry.queue), entry.attributes);
        return;
      case "dropped":
        this.#drop(this.get(entry.queue));
        return;
      case "horizon":
        this.#horizonSeconds = Math.max(this.#horizonSeconds, entry.createdSeconds);
        return;
      case "changed":
        this.get(entry.queue).model.apply(entry.change);
        return;
    }
  }

  /** Who had received something before a restart is gone, so nobody needs to wait for its time to run out. */
  releaseInFlight(): void {
    for (const queue of this.#queues.values()) queue.model.releaseInFlight();
  }

  /** Entries whose replay gives all that is here now. */
  *snapshot(): Generator<LogEntry> {
    yield { kind: "horizon", createdSeconds: this.#horizonSeconds };
    for (const { name, createdSeconds, attributes, model } of this.#queues.values()) {
      yield { kind: "created", queue: name, createdSeconds, attributes };
      for (const state of partsOf(model.exportState())) {
        yield { kind: "changed", queue: name, change: { kind: "restored", state } };
      }
    }
  }

  /** Every receive that waits is answered with nothing. */
  giveUpWaiting(): void {
    for (const queue of this.#queues.values()) queue.poll.giveUpAll();
  }

  #add(name: string, createdSeconds: number, attributes: QueueAttributes): ServedQueue {
    const model = new FifoQueue({
      identity: `${name}:${createdSeconds}`,
      newMessageId: randomUUID,
      sequenceStart: SEQUENCE_BASE + BigInt(createdSeconds) * SEQUENCES_PER_SECOND,
      onChange: (change) => {
        this.#log.append({ kind: "changed", queue: name, change });
        if (OPENING_CHANGES.includes(change.kind)) poll.wakeSoon();
      },
    });
    const nextOpeningMs = (sinceMs: number): number | undefined => model.nextOpeningMs(sinceMs);
    const poll = new LongPoll({ nowMs: this.#nowMs, nextOpeningMs });
    const settings = settingsOf(attributes);
    const queue: ServedQueue = { name, createdSeconds, attributes, settings, model, poll };
    this.#queues.set(name, queue);
    this.#configure(queue, attributes);
    return queue;
  }

  #configure(queue: ServedQueue, attributes: QueueAttributes): void {
    queue.attributes = attributes;
    queue.settings = settingsOf(attributes);
    this.#wireRedrives();
  }

  /** A dead-letter queue that is not there, or not yet, takes nothing: then messages stay where they are. */
  #wireRedrives(): void {
    for (const { name, model, settings } of this.#queues.values()) {
      const { queue = "", maxReceiveCount = 0 } = settings.redrive ?? {};
      const target = this.#queues.get(queue)?.model;
      const deadLetter: Redrive["deadLetter"] = (message, nowMs) =>
        target?.acceptDeadLetter(message, name, nowMs);
      model.redriveTo(target === undefined ? undefined : { maxReceiveCount, deadLetter });
    }
  }

  #drop(queue: ServedQueue): void {
    this.#queues.delete(queue.name);
    this.#wireRedrives();
    this.#horizonSeconds = Math.max(this.#horizonSeconds, queue.createdSeconds);
  }

  #assertRedrive(name: string, attributes: QueueAttributes): void {
    const { fifo, redrive } = settingsOf(attributes);
    if (redrive === undefined) return;
    const target = redrive.queue === name ? undefined : this.#queues.get(redrive.queue);
    if (target === undefined || target.settings.fifo !== fifo) {
      const message = "The dead-letter queue must exist and be of the same type.";
      throw new SqsFault("InvalidAttributeValue", message);
    }
  }
}

function assertSame(queue: ServedQueue, given: QueueAttributes): void {
  for (const [name, value] of Object.entries(given)) {
    if (sameValue(name, value, queue.attributes[name] ?? "")) continue;
    const message = `A queue already exists with the same name and a different value for attribute ${name}`;
    throw new SqsFault("QueueNameExists", message);
  }
}

/** A long state in one piece would not fit into one line. */
function* partsOf(state: QueueState): Generator<QueueState> {
  const { lastSequenceNumber } = state;
  const longest = Math.max(state.messages.length, state.deduplication.length, state.attempts.length);
  for (let start = 0; start === 0 || start < longest; start += STATE_PART) {
    const end = start + STATE_PART;
    const messages = state.messages.slice(start, end);
    const deduplication = state.deduplication.slice(start, end);
    yield { lastSequenceNumber, messages, deduplication, attempts: state.attempts.slice(start, end) };
  }
}
