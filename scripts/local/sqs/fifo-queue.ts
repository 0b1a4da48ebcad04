import { hash } from "node:crypto";
import type {
  DeleteOutcome,
  Delivery,
  QueueChange,
  QueueCounts,
  QueueState,
  Receipt,
  ReceiveOptions,
  Redrive,
  SendInput,
  Sent,
  StoredMessage,
  VisibilityOutcome,
} from "./message.ts";
import { QueueMemory } from "./queue-memory.ts";

/** AWS documents the numbers as large and not consecutive, so nobody shall count on the next one. */
const SEQUENCE_STEP = 256n;
export const RECEIVE_LIMIT = 10;

export type FifoQueueOptions = {
  /** Part of every receipt, so that one of another queue is refused. */
  readonly identity: string;
  readonly newMessageId: () => string;
  /** The first message has a number above it. */
  readonly sequenceStart: bigint;
  /** Where messages go that were received too often, if anywhere now. */
  readonly redrive?: () => Redrive | undefined;
  /** Told of every change after it was applied; `apply` of the same changes in order gives the same queue. */
  readonly onChange?: (change: QueueChange) => void;
};

/**
 * A queue as AWS documents SQS FIFO, without clock, randomness or I/O: ids and times are inputs, and time never runs
 * backwards. While a message of a group is in flight, nothing else of the group is delivered; a receive takes up to ten
 * messages, from as few groups as possible, the group with the oldest message first; order holds on redelivery.
 * A message that is sent without a group is a group of its own: that makes it a standard queue.
 */
export class FifoQueue {
  readonly #options: FifoQueueOptions;
  readonly #memory: QueueMemory;

  constructor(options: FifoQueueOptions) {
    this.#options = options;
    this.#memory = new QueueMemory(options.sequenceStart);
  }

  send({ deduplicationScope, delayMs = 0, ...sent }: SendInput, nowMs: number): Sent {
    const { groupId, deduplicationId } = sent;
    const md5OfBody = hash("md5", sent.body);
    const scoped = deduplicationScope === "group" && deduplicationId !== undefined;
    const deduplicationKey = scoped ? JSON.stringify([groupId, deduplicationId]) : deduplicationId;
    const first =
      deduplicationKey === undefined ? undefined : this.#memory.firstSent(deduplicationKey, nowMs);
    if (first !== undefined) return { ...first, md5OfBody, duplicate: true };
    const messageId = this.#options.newMessageId();
    const sequenceNumber = this.#memory.sequenceNumberAfter(SEQUENCE_STEP);
    const times = { sentAtMs: nowMs, visibleAtMs: nowMs + delayMs, receiveCount: 0 };
    const message: StoredMessage = { messageId, sequenceNumber, ...sent, md5OfBody, ...times };
    this.#commit({ kind: "sent", message, ...(deduplicationKey === undefined ? {} : { deduplicationKey }) });
    return { messageId, sequenceNumber, md5OfBody, duplicate: false };
  }

  /** Takes what another queue gave up. It counts as sent now if it has a group, else keeps its time, as on AWS. */
  acceptDeadLetter(letter: StoredMessage, source: string, nowMs: number): void {
    const { firstReceivedAtMs: _, ...rest } = letter;
    const sequenceNumber = this.#memory.sequenceNumberAfter(SEQUENCE_STEP);
    const sentAtMs = letter.groupId === undefined ? letter.sentAtMs : nowMs;
    const fresh = { sequenceNumber, sentAtMs, visibleAtMs: nowMs, receiveCount: 0, deadLetterSource: source };
    this.#commit({ kind: "sent", message: { ...rest, ...fresh } });
  }

  receive(nowMs: number, options: ReceiveOptions): readonly Delivery[] {
    if (!(options.max >= 1 && options.max <= RECEIVE_LIMIT))
      throw new RangeError(`cannot receive ${options.max}`);
    const sequenceNumbers = this.#receiveAgain(nowMs, options) ?? this.#receiveNext(nowMs, options);
    return sequenceNumbers.map((sequenceNumber) => {
      const message = this.#memory.message(sequenceNumber);
      return { receiptHandle: printReceipt(this.#options.identity, message), message };
    });
  }

  delete(receiptHandle: string, nowMs: number): DeleteOutcome {
    const receipt = parseReceipt(this.#options.identity, receiptHandle);
    if (receipt === undefined) return "invalid";
    const message = this.#memory.find(receipt.sequenceNumber);
    if (message === undefined) return "gone";
    const receivedSince = message.receiveCount !== receipt.receiveCount;
    // Without a group the newest receipt outlives its time, and an older one succeeds without effect.
    if (message.groupId === undefined && receivedSince) return "gone";
    if (message.groupId !== undefined && (receivedSince || message.visibleAtMs <= nowMs)) return "expired";
    this.#commit({ kind: "removed", sequenceNumber: message.sequenceNumber });
    return "deleted";
  }

  /** Counted from now; 0 makes the message visible at once, though its group stays locked while another is in flight. */
  changeVisibility(receiptHandle: string, timeoutMs: number, nowMs: number): VisibilityOutcome {
    const receipt = parseReceipt(this.#options.identity, receiptHandle);
    if (receipt === undefined) return "invalid";
    const message = this.#memory.find(receipt.sequenceNumber);
    if (message === undefined) return "gone";
    if (message.receiveCount !== receipt.receiveCount) return "expired";
    if (message.visibleAtMs <= nowMs) return "not_in_flight";
    const sequenceNumbers = [message.sequenceNumber];
    this.#commit({ kind: "visibility", sequenceNumbers, atMs: nowMs, untilMs: nowMs + timeoutMs });
    return "changed";
  }

  /** Deduplication ids stay known, as on AWS. */
  purge(): void {
    this.#commit({ kind: "purged" });
  }

  /** Makes visible at once what was in flight: for a start after a crash of all consumers. */
  releaseInFlight(): void {
    this.#commit({ kind: "released" });
  }

  counts(nowMs: number): QueueCounts {
    return this.#memory.counts(nowMs);
  }

  /** The next time after now at which a group that is closed now opens by itself. */
  nextOpeningMs(nowMs: number): number | undefined {
    return this.#memory.nextOpeningMs(nowMs);
  }

  exportState(): QueueState {
    return this.#memory.state();
  }

  /** Fills a queue that is empty. */
  importState(state: QueueState): void {
    this.#commit({ kind: "restored", state });
  }

  /** Carries out a change that was written down earlier; nobody is told of it. */
  apply(change: QueueChange): void {
    this.#memory.apply(change);
  }

  #commit(change: QueueChange): void {
    this.#memory.apply(change);
    this.#options.onChange?.(change);
  }

  /** A receive whose answer was lost is answered again, unless one of its messages was touched since. */
  #receiveAgain(nowMs: number, options: ReceiveOptions): readonly string[] | undefined {
    const { attemptId, visibilityTimeoutMs } = options;
    const attempt = attemptId === undefined ? undefined : this.#memory.attempt(attemptId, nowMs);
    if (attemptId === undefined || attempt === undefined || attempt.untilMs <= nowMs) return undefined;
    const untouched = (receipt: Receipt): boolean => {
      const message = this.#memory.find(receipt.sequenceNumber);
      return message?.receiveCount === receipt.receiveCount && message.visibleAtMs === attempt.untilMs;
    };
    if (!attempt.receipts.every(untouched)) return undefined;
    const sequenceNumbers = attempt.receipts.map((receipt) => receipt.sequenceNumber);
    const untilMs = nowMs + visibilityTimeoutMs;
    this.#commit({ kind: "visibility", sequenceNumbers, atMs: nowMs, untilMs, attemptId });
    return sequenceNumbers;
  }

  #receiveNext(nowMs: number, options: ReceiveOptions): readonly string[] {
    const sequenceNumbers: string[] = [];
    const dead: StoredMessage[] = [];
    const redrive = this.#options.redrive?.();
    for (const group of this.#memory.openGroups(nowMs)) {
      for (const sequenceNumber of group) {
        if (sequenceNumbers.length === options.max) break;
        const message = this.#memory.message(sequenceNumber);
        // A delayed message holds up what stands behind it in its group.
        if (message.visibleAtMs > nowMs) break;
        if (message.receiveCount >= (redrive?.maxReceiveCount ?? Number.POSITIVE_INFINITY))
          dead.push(message);
        else sequenceNumbers.push(message.sequenceNumber);
      }
      if (sequenceNumbers.length === options.max) break;
    }
    for (const message of dead) {
      // Handed over first, so that a crash between the two steps leaves a message twice rather than nowhere.
      redrive?.deadLetter(message, nowMs);
      this.#commit({ kind: "removed", sequenceNumber: message.sequenceNumber });
    }
    if (sequenceNumbers.length === 0) return [];
    const { attemptId, visibilityTimeoutMs } = options;
    const attempt = attemptId === undefined ? {} : { attemptId };
    const untilMs = nowMs + visibilityTimeoutMs;
    this.#commit({ kind: "received", sequenceNumbers, atMs: nowMs, untilMs, ...attempt });
    return sequenceNumbers;
  }
}

/** Derived, not drawn, so that the same calls give the same handles. */
function printReceipt(queueIdentity: string, { sequenceNumber, receiveCount }: Receipt): string {
  return `${queueIdentity}/${sequenceNumber}/${receiveCount}`;
}

/** Undefined where the handle is malformed or of another queue. */
function parseReceipt(queueIdentity: string, handle: string): Receipt | undefined {
  if (!handle.startsWith(`${queueIdentity}/`)) return undefined;
  const match = /^(\d{20})\/([1-9]\d{0,9})$/.exec(handle.slice(queueIdentity.length + 1));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { sequenceNumber: match[1], receiveCount: Number(match[2]) };
}
