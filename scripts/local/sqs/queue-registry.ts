import { randomUUID } from "node:crypto";
import type { ChangeLog, LogEntry } from "./change-log.ts";
import { SqsFault } from "./faults.ts";
import { FifoQueue } from "./fifo-queue.ts";
import { LongPoll } from "./long-poll.ts";
import type { QueueChange, Redrive } from "./message.ts";
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
  readonly model: FifoQueue;
  readonly poll: LongPoll;
  attributes: QueueAttributes;
  settings: QueueSettings;
};

/** As large as those of AWS, and above all of a queue of the same name that was created earlier. */
const SEQUENCE_BASE = 10_000_000_000_000_000_000n;
const SEQUENCES_PER_SECOND = 1_000_000_000n;
/** Changes after which a receive may find what it did not find before. */
const OPENING_CHANGES: readonly QueueChange["kind"][] = ["sent", "visibility", "removed"];

/** The queues of the server, by name. Every change goes into the log, where there is one; whoever answers a request flushes it. */
export class QueueRegistry {
  readonly #nowMs: () => number;
  readonly #queues = new Map<string, ServedQueue>();
  #log: ChangeLog | undefined;
  /** Of the newest queue that was ever deleted. */
  #horizonSeconds = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Carries out what an earlier run wrote down, and from now on writes down what changes. */
  restore(log: ChangeLog): void {
    for (const entry of log.entries()) this.#apply(entry);
    // Who had received something before a restart is gone, so nobody needs to wait for its time to run out.
    for (const { model } of this.#queues.values()) model.releaseInFlight();
    this.#log = log;
    log.compact(this.#snapshot());
  }

  flush(): void {
    this.#log?.flush();
    if (this.#log?.isLong === true) this.#log.compact(this.#snapshot());
  }

  /** Every receive that waits is answered with nothing. */
  giveUpWaiting(): void {
    for (const { poll } of this.#queues.values()) poll.giveUpAll();
  }

  close(): void {
    this.#log?.close();
  }

  get(name: string): ServedQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new SqsFault("QueueDoesNotExist", "The specified queue does not exist.");
    return queue;
  }

  list(prefix: string): readonly ServedQueue[] {
    return [...this.#queues.values()].filter(({ name }) => name.startsWith(prefix));
  }

  /** The queue of that name, where it exists with the same attributes. */
  create(name: string, given: QueueAttributes): ServedQueue {
    const existing = this.#queues.get(name);
    if (existing === undefined) {
      const attributes = withDefaults(given);
      this.#assertRedrive(name, attributes);
      const createdSeconds = Math.max(Math.floor(this.#nowMs() / 1000), this.#horizonSeconds + 1);
      this.#commit({ kind: "created", queue: name, createdSeconds, attributes });
    } else {
      const other = Object.entries(given).find(
        ([attribute, value]) => !sameValue(attribute, value, existing.attributes[attribute] ?? ""),
      );
      const message = `A queue already exists with the same name and a different value for attribute ${other?.[0]}`;
      if (other !== undefined) throw new SqsFault("QueueNameExists", message);
    }
    return this.get(name);
  }

  configure({ name, attributes: before, settings }: ServedQueue, given: QueueAttributes): void {
    if (given.FifoQueue !== undefined && !settings.fifo)
      throw new SqsFault("InvalidAttributeValue", "The type of a queue cannot be changed.");
    const attributes = { ...before, ...given };
    this.#assertRedrive(name, attributes);
    this.#commit({ kind: "configured", queue: name, attributes });
  }

  delete({ name, poll }: ServedQueue): void {
    this.#commit({ kind: "dropped", queue: name });
    poll.giveUpAll();
  }

  #commit(entry: LogEntry): void {
    this.#apply(entry);
    this.#log?.append(entry);
  }

  #apply(entry: LogEntry): void {
    switch (entry.kind) {
      case "created":
        this.#queues.set(entry.queue, this.#newQueue(entry));
        return;
      case "configured":
        Object.assign(this.get(entry.queue), {
          attributes: entry.attributes,
          settings: settingsOf(entry.attributes),
        });
        return;
      case "dropped":
        this.#horizonSeconds = Math.max(this.#horizonSeconds, this.get(entry.queue).createdSeconds);
        this.#queues.delete(entry.queue);
        return;
      case "horizon":
        this.#horizonSeconds = Math.max(this.#horizonSeconds, entry.createdSeconds);
        return;
      case "changed":
        this.get(entry.queue).model.apply(entry.change);
        return;
    }
  }

  /** Entries whose replay gives all that is here now. */
  *#snapshot(): Generator<LogEntry> {
    yield { kind: "horizon", createdSeconds: this.#horizonSeconds };
    for (const { name, createdSeconds, attributes, model } of this.#queues.values()) {
      yield { kind: "created", queue: name, createdSeconds, attributes };
      yield { kind: "changed", queue: name, change: { kind: "restored", state: model.exportState() } };
    }
  }

  #newQueue({
    queue: name,
    createdSeconds,
    attributes,
  }: LogEntry & { readonly kind: "created" }): ServedQueue {
    const model = new FifoQueue({
      identity: `${name}:${createdSeconds}`,
      newMessageId: randomUUID,
      sequenceStart: SEQUENCE_BASE + BigInt(createdSeconds) * SEQUENCES_PER_SECOND,
      redrive: () => this.#redriveOf(name),
      onChange: (change) => {
        this.#log?.append({ kind: "changed", queue: name, change });
        if (OPENING_CHANGES.includes(change.kind)) poll.wakeSoon();
      },
    });
    const poll = new LongPoll({
      nowMs: this.#nowMs,
      nextOpeningMs: (sinceMs) => model.nextOpeningMs(sinceMs),
    });
    return { name, createdSeconds, attributes, settings: settingsOf(attributes), model, poll };
  }

  /** A dead-letter queue that is not there any more takes nothing: then messages stay where they are. */
  #redriveOf(name: string): Redrive | undefined {
    const { queue = "", maxReceiveCount = 0 } = this.get(name).settings.redrive ?? {};
    const target = this.#queues.get(queue)?.model;
    if (target === undefined) return undefined;
    return { maxReceiveCount, deadLetter: (message, nowMs) => target.acceptDeadLetter(message, name, nowMs) };
  }

  #assertRedrive(name: string, attributes: QueueAttributes): void {
    const { fifo, redrive } = settingsOf(attributes);
    if (redrive === undefined) return;
    const target = redrive.queue === name ? undefined : this.#queues.get(redrive.queue);
    if (target?.settings.fifo === fifo) return;
    throw new SqsFault("InvalidAttributeValue", "The dead-letter queue must exist and be of the same type.");
  }
}
