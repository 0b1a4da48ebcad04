import { FifoQueue, type FifoQueueOptions } from "../../../scripts/local/sqs/fifo-queue.ts";

/** A queue whose ids are counted. */
export function newQueue(options: Partial<FifoQueueOptions> = {}): FifoQueue {
  let last = 0;
  const newMessageId = (): string => {
    last += 1;
    return `message-${last}`;
  };
  return new FifoQueue({
    identity: "queue",
    newMessageId,
    sequenceStart: 18_849_496_460_467_696_128n,
    ...options,
  });
}
