import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { failedItems } from "../../scripts/local/batch-response.ts";
import type { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery } from "../../scripts/local/sqs/message.ts";

/** How long AWS hides a message that was received, where nobody says otherwise: as resources/markets.cjs has it. */
export const VISIBILITY_MS = 10_000;

/** Messages in flight as Lambda's event source mapping hands them to a market's function. */
export function eventOf(market: string, batch: readonly Delivery[]): Pick<SQSEvent, "Records"> {
  return { Records: batch.map((delivery) => recordOf(market, delivery)) };
}

/**
 * What the mapping deletes after the function's answer. It leaves all others alone: they stay invisible until their time is up, unless
 * the function itself has said otherwise.
 */
export function doneOf(batch: readonly Delivery[], answer: SQSBatchResponse): readonly Delivery[] {
  const failed = failedItems(
    answer,
    batch.map(({ message }) => message.messageId),
  );
  return failed === "everything" ? [] : batch.filter(({ message }) => !failed.has(message.messageId));
}

/** `CommandQueue.redeliver` on the model of a queue. */
export function redeliver(
  fifo: FifoQueue,
  { receiptHandles, delaySeconds }: { receiptHandles: readonly string[]; delaySeconds: number },
  nowMs: number,
): void {
  for (const receiptHandle of receiptHandles)
    fifo.changeVisibility(receiptHandle, delaySeconds * 1_000, nowMs);
}

function recordOf(market: string, { receiptHandle, message }: Delivery): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAtMs),
      SenderId: "simulation",
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? message.sentAtMs),
      SequenceNumber: message.sequenceNumber,
    },
    messageAttributes: {},
    md5OfBody: message.md5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: market,
    awsRegion: "simulation",
  };
}
