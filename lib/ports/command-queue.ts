/** Which queue a market has at present. */
export type QueueEpoch = {
  /** Another text after the queue was created anew. */
  readonly id: string;
  /** No message of this queue was sent before. */
  readonly createdMs: number;
};

/** A text on its way to a market. */
export type QueueMessage = {
  /** What has this id and was sent within the last five minutes is the same message, and arrives once. */
  readonly id: string;
  readonly body: string;
};

/** The markets' queues, as the accepting side and the matcher see them. */
export type CommandQueue = {
  /**
   * Puts a message at the end of a market's queue, and stops trying once `over` is aborted.
   * @throws QueueUnavailable where it is not known to have arrived: it may have, or not.
   */
  send(market: string, message: QueueMessage, over?: AbortSignal): Promise<void>;
  epoch(market: string): Promise<QueueEpoch>;
  /** The market whose queue has this ARN. */
  marketOf(queueArn: string): string;
  /** Makes messages in flight visible again after a delay. */
  redeliver(market: string, receiptHandles: readonly string[], delaySeconds: number): Promise<void>;
  /** About how many commands wait or are in flight. */
  depth(market: string): Promise<number>;
  /** How many failed wake-ups of the projector wait for a person. */
  deadLetterDepth(): Promise<number>;
};

export class QueueUnavailable extends Error {
  override readonly name = "QueueUnavailable";
}
