import type { Attempt, FirstSent, QueueChange, QueueState, StoredMessage } from "./message.ts";
import { MessageGroup } from "./message-group.ts";
import { Recent } from "./recent.ts";

const SEQUENCE_DIGITS = 20;

/** What a queue holds, and how each change alters it. It decides nothing: `FifoQueue` does. */
export class QueueMemory {
  /** In the order of sequence numbers. */
  readonly #messages = new Map<string, StoredMessage>();
  readonly #groups = new Map<string, MessageGroup>();
  readonly #deduplication = new Recent<FirstSent>();
  readonly #attempts = new Recent<Attempt>();
  readonly #lookUp = (sequenceNumber: string): StoredMessage => this.message(sequenceNumber);
  #lastSequence: bigint;

  constructor(sequenceStart: bigint) {
    this.#lastSequence = sequenceStart;
  }

  messages(): Iterable<StoredMessage> {
    return this.#messages.values();
  }

  find(sequenceNumber: string): StoredMessage | undefined {
    return this.#messages.get(sequenceNumber);
  }

  /** A message that must be there. */
  message(sequenceNumber: string): StoredMessage {
    const message = this.#messages.get(sequenceNumber);
    if (message === undefined) throw new Error(`message ${sequenceNumber} is not in the queue`);
    return message;
  }

  /** The groups that may be received from, that of the oldest message first, so that none starves behind a busy one. */
  openGroups(nowMs: number): readonly MessageGroup[] {
    const open: MessageGroup[] = [];
    for (const group of this.#groups.values()) {
      if (group.opensAtMs(this.#lookUp) <= nowMs) open.push(group);
    }
    return open.length < 2 ? open : open.sort((a, b) => (a.at(0) < b.at(0) ? -1 : 1));
  }

  nextOpeningMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const group of this.#groups.values()) {
      const opensAtMs = group.opensAtMs(this.#lookUp);
      if (opensAtMs > nowMs && (next === undefined || opensAtMs < next)) next = opensAtMs;
    }
    return next;
  }

  firstSent(deduplicationKey: string, nowMs: number): FirstSent | undefined {
    return this.#deduplication.recall(deduplicationKey, nowMs);
  }

  attempt(attemptId: string, nowMs: number): Attempt | undefined {
    return this.#attempts.recall(attemptId, nowMs);
  }

  sequenceNumberAfter(step: bigint): string {
    return printSequence(this.#lastSequence + step);
  }

  state(): QueueState {
    return {
      lastSequenceNumber: printSequence(this.#lastSequence),
      messages: [...this.#messages.values()],
      deduplication: this.#deduplication.entries(),
      attempts: this.#attempts.entries(),
    };
  }

  apply(change: QueueChange): void {
    switch (change.kind) {
      case "sent":
        this.#sent(change.message, change.deduplicationKey);
        return;
      case "received":
        for (const sequenceNumber of change.sequenceNumbers) {
          const message = this.message(sequenceNumber);
          const receiveCount = message.receiveCount + 1;
          this.#replace({
            firstReceivedAtMs: change.atMs,
            ...message,
            receiveCount,
            visibleAtMs: change.untilMs,
          });
        }
        this.#attempted(change);
        return;
      case "visibility":
        for (const sequenceNumber of change.sequenceNumbers) {
          this.#replace({ ...this.message(sequenceNumber), visibleAtMs: change.untilMs });
        }
        this.#attempted(change);
        return;
      case "removed":
        this.#remove(change.sequenceNumber);
        return;
      case "purged":
        this.#messages.clear();
        this.#groups.clear();
        return;
      case "released":
        for (const message of this.#messages.values()) {
          if (message.receiveCount > 0) this.#replace({ ...message, visibleAtMs: 0 });
        }
        return;
      case "restored":
        this.#restore(change.state);
        return;
    }
  }

  #sent(message: StoredMessage, deduplicationKey: string | undefined): void {
    this.#add(message);
    if (deduplicationKey === undefined) return;
    const value = { messageId: message.messageId, sequenceNumber: message.sequenceNumber };
    this.#deduplication.remember({ key: deduplicationKey, atMs: message.sentAtMs, value });
  }

  #attempted(change: QueueChange & { readonly kind: "received" | "visibility" }): void {
    const { attemptId, atMs, untilMs, sequenceNumbers } = change;
    if (attemptId === undefined) return;
    const receipts = sequenceNumbers.map((sequenceNumber) => {
      return { sequenceNumber, receiveCount: this.message(sequenceNumber).receiveCount };
    });
    this.#attempts.remember({ key: attemptId, atMs, value: { receipts, untilMs } });
  }

  #restore(state: QueueState): void {
    for (const message of state.messages) this.#add(message);
    for (const entry of state.deduplication) this.#deduplication.remember(entry);
    for (const entry of state.attempts) this.#attempts.remember(entry);
    this.#advanceTo(state.lastSequenceNumber);
  }

  #add(message: StoredMessage): void {
    if (this.#messages.has(message.sequenceNumber))
      throw new Error(`message ${message.sequenceNumber} is there twice`);
    this.#messages.set(message.sequenceNumber, message);
    const key = groupKeyOf(message);
    const group = this.#groups.get(key) ?? new MessageGroup();
    group.push(message.sequenceNumber);
    this.#groups.set(key, group);
    this.#advanceTo(message.sequenceNumber);
  }

  #advanceTo(sequenceNumber: string): void {
    const sequence = BigInt(sequenceNumber);
    if (sequence > this.#lastSequence) this.#lastSequence = sequence;
  }

  #replace(message: StoredMessage): void {
    this.#messages.set(message.sequenceNumber, message);
  }

  #remove(sequenceNumber: string): void {
    const message = this.message(sequenceNumber);
    const key = groupKeyOf(message);
    const group = this.#groups.get(key);
    if (group === undefined) throw new Error(`message ${sequenceNumber} has no group`);
    group.remove(sequenceNumber);
    if (group.size === 0) this.#groups.delete(key);
    this.#messages.delete(sequenceNumber);
  }
}

function groupKeyOf(message: StoredMessage): string {
  return message.groupId ?? message.sequenceNumber;
}

function printSequence(sequence: bigint): string {
  return sequence.toString().padStart(SEQUENCE_DIGITS, "0");
}
