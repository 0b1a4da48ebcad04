import type { Attempt, FirstSent, QueueChange, QueueCounts, QueueState, StoredMessage } from "./message.ts";
import { Recent } from "./recent.ts";

const SEQUENCE_DIGITS = 20;

/** The sequence numbers of one message group, oldest first. Only the head is ever received, so removals are near the head. */
type Group = string[];

/** What a queue holds, and how each change alters it. It decides nothing: `FifoQueue` does. */
export class QueueMemory {
  /** In the order of sequence numbers. */
  readonly #messages = new Map<string, StoredMessage>();
  readonly #groups = new Map<string, Group>();
  readonly #deduplication = new Recent<FirstSent>();
  readonly #attempts = new Recent<Attempt>();
  #lastSequence: bigint;

  constructor(sequenceStart: bigint) {
    this.#lastSequence = sequenceStart;
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
  openGroups(nowMs: number): readonly (readonly string[])[] {
    const open = [...this.#groups.values()].filter((group) => this.#opensAtMs(group) <= nowMs);
    return open.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  }

  nextOpeningMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const group of this.#groups.values()) {
      const opensAtMs = this.#opensAtMs(group);
      if (opensAtMs > nowMs && (next === undefined || opensAtMs < next)) next = opensAtMs;
    }
    return next;
  }

  /**
   * When a group may be received from: not before its last message in flight is visible again, nor before the delay of its
   * first. What was ever received stands before all that never was, because a group is received from its head without gaps.
   */
  #opensAtMs(group: Group): number {
    let opensAtMs = 0;
    for (const [position, sequenceNumber] of group.entries()) {
      const message = this.message(sequenceNumber);
      if (position > 0 && message.receiveCount === 0) break;
      opensAtMs = Math.max(opensAtMs, message.visibleAtMs);
    }
    return opensAtMs;
  }

  counts(nowMs: number): QueueCounts {
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const { sentAtMs, visibleAtMs, receiveCount } of this.#messages.values()) {
      oldestMs = Math.min(oldestMs, sentAtMs);
      counts[visibleAtMs <= nowMs ? "visible" : receiveCount > 0 ? "inFlight" : "delayed"]++;
    }
    return this.#messages.size === 0 ? counts : { ...counts, oldestAgeMs: nowMs - oldestMs };
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
      case "visibility":
        this.#hidden(change);
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

  #hidden({ kind, attemptId, atMs, untilMs, sequenceNumbers }: Hidden): void {
    const receipts = sequenceNumbers.map((sequenceNumber) => {
      const message = this.message(sequenceNumber);
      const receiveCount = message.receiveCount + (kind === "received" ? 1 : 0);
      const first = kind === "received" ? { firstReceivedAtMs: atMs } : {};
      this.#replace({ ...first, ...message, receiveCount, visibleAtMs: untilMs });
      return { sequenceNumber, receiveCount };
    });
    if (attemptId === undefined) return;
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
    const group = this.#groups.get(key) ?? [];
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
    group.splice(group.indexOf(sequenceNumber), 1);
    if (group.length === 0) this.#groups.delete(key);
    this.#messages.delete(sequenceNumber);
  }
}

type Hidden = QueueChange & { readonly kind: "received" | "visibility" };

function groupKeyOf(message: StoredMessage): string {
  return message.groupId ?? message.sequenceNumber;
}

function printSequence(sequence: bigint): string {
  return sequence.toString().padStart(SEQUENCE_DIGITS, "0");
}
