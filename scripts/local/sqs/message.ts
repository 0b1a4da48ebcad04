/** What the queue model stores, delivers and reports. Times are milliseconds since 1970, given by the caller. */

/** A user's own attribute, in the form in which it travels. Binary values are base64. */
export type MessageAttribute = {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
};
export type MessageAttributes = { readonly [name: string]: MessageAttribute };

export type StoredMessage = {
  readonly messageId: string;
  /** 20 digits, so that texts compare as numbers do. */
  readonly sequenceNumber: string;
  /** Absent in a standard queue: there every message is a group of its own. */
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly body: string;
  readonly attributes?: MessageAttributes;
  readonly md5OfBody: string;
  readonly sentAtMs: number;
  /** Hidden while now is below it: delayed where it was never received, else in flight. */
  readonly visibleAtMs: number;
  readonly receiveCount: number;
  readonly firstReceivedAtMs?: number;
  readonly deadLetterSource?: string;
};

export type SendInput = {
  readonly groupId?: string;
  /** Absent: never a duplicate. */
  readonly deduplicationId?: string;
  /** Whether a duplicate is one of the whole queue (the default) or of its group. */
  readonly deduplicationScope?: "queue" | "group";
  readonly body: string;
  readonly attributes?: MessageAttributes;
  readonly delayMs?: number;
};

export type Sent = {
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly md5OfBody: string;
  /** The ids are those of the first; nothing was enqueued. */
  readonly duplicate: boolean;
};

export type ReceiveOptions = {
  /** 1 to 10. */
  readonly max: number;
  readonly visibilityTimeoutMs: number;
  /** The same attempt id again, within five minutes, gives the same messages while none of them was touched. */
  readonly attemptId?: string;
};

export type Delivery = { readonly receiptHandle: string; readonly message: StoredMessage };

/** `gone`: deleted before, or purged. `expired`: the receipt's time is over, or the message was received again since. */
export type DeleteOutcome = "deleted" | "gone" | "expired" | "invalid";
export type VisibilityOutcome = "changed" | "gone" | "not_in_flight" | "expired" | "invalid";

export type QueueCounts = {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** Of any message, also one in flight; absent when there is none. */
  readonly oldestAgeMs?: number;
};

export type Redrive = {
  /** A message that was received so often is not delivered again but handed over. */
  readonly maxReceiveCount: number;
  readonly deadLetter: (message: StoredMessage, nowMs: number) => void;
};

/** Which message a duplicate repeats. */
export type FirstSent = { readonly messageId: string; readonly sequenceNumber: string };
/** Which receive of which message; no two receives of a queue share one. */
export type Receipt = { readonly sequenceNumber: string; readonly receiveCount: number };
export type Attempt = { readonly receipts: readonly Receipt[]; readonly untilMs: number };

/** A value that is kept for five minutes from `atMs`. */
export type Remembered<T> = { readonly key: string; readonly atMs: number; readonly value: T };

/** The whole state, as plain data: JSON keeps it without loss. */
export type QueueState = {
  readonly lastSequenceNumber: string;
  readonly messages: readonly StoredMessage[];
  readonly deduplication: readonly Remembered<FirstSent>[];
  readonly attempts: readonly Remembered<Attempt>[];
};

/** One step of a queue's state. All steps, applied in order, give the state: that is what persistence writes down. */
export type QueueChange =
  | { readonly kind: "sent"; readonly message: StoredMessage; readonly deduplicationKey?: string }
  | {
      readonly kind: "received" | "visibility";
      readonly sequenceNumbers: readonly string[];
      readonly atMs: number;
      readonly untilMs: number;
      readonly attemptId?: string;
    }
  | { readonly kind: "removed"; readonly sequenceNumber: string }
  | { readonly kind: "purged" }
  | { readonly kind: "released" }
  | { readonly kind: "restored"; readonly state: QueueState };
