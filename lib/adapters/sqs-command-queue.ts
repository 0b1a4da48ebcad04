import { createHash } from "node:crypto";
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type CommandQueue, QueueUnavailable } from "../ports/command-queue.ts";

export type SqsQueueOptions = {
  /** Queues are named `${queuePrefix}-${market}.fifo`. */
  readonly queuePrefix: string;
  /** Where queues live: `https://sqs.REGION.amazonaws.com/ACCOUNT` on AWS, the local engine's address otherwise. */
  readonly baseUrl: string;
  readonly endpoint?: string;
  /** How long one request may take, and how often it is made. */
  readonly patience?: { readonly requestTimeoutMs: number; readonly attempts: number };
};

const PATIENT = { requestTimeoutMs: 2_000, attempts: 3 };

/** One FIFO queue per market, one group in it: the market's turn-taking. */
export function createSqsCommandQueue({
  queuePrefix,
  baseUrl,
  endpoint,
  patience: { requestTimeoutMs, attempts } = PATIENT,
}: SqsQueueOptions): CommandQueue {
  const client = new SQSClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: Math.min(1_000, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  const urlOf = (market: string): string => `${baseUrl}/${queuePrefix}-${market}.fifo`;

  async function attributesOf(queueUrl: string): Promise<Partial<Record<string, string>>> {
    const answer = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: [
          "CreatedTimestamp",
          "QueueArn",
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
        ],
      }),
    );
    return answer.Attributes ?? {};
  }

  async function depthOf(queueUrl: string): Promise<number> {
    const attributes = await attributesOf(queueUrl);
    return (
      Number(attributes.ApproximateNumberOfMessages ?? 0) +
      Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0)
    );
  }

  return {
    async send(market, { id, body }, over) {
      try {
        await client.send(
          new SendMessageCommand({
            QueueUrl: urlOf(market),
            MessageBody: body,
            MessageGroupId: market,
            MessageDeduplicationId: id,
          }),
          over === undefined ? {} : { abortSignal: over },
        );
      } catch (cause) {
        throw new QueueUnavailable(`queue of ${market}`, { cause });
      }
    },
    async epoch(market) {
      const attributes = await attributesOf(urlOf(market));
      // Short, because every journal entry carries it.
      return {
        id: `${attributes.CreatedTimestamp}-${createHash("sha256").update(String(attributes.QueueArn)).digest("hex").slice(0, 8)}`,
        createdMs: Number(attributes.CreatedTimestamp) * 1_000,
      };
    },
    marketOf(queueArn) {
      const name = queueArn.slice(queueArn.lastIndexOf(":") + 1);
      return name.slice(queuePrefix.length + 1, -".fifo".length);
    },
    async redeliver(market, receiptHandles, delaySeconds) {
      const { Failed = [] } = await client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: urlOf(market),
          Entries: receiptHandles.map((ReceiptHandle, index) => ({
            Id: String(index),
            ReceiptHandle,
            VisibilityTimeout: delaySeconds,
          })),
        }),
      );
      // A sender's fault is a message that is not in flight any more: then somebody else has it already.
      const failed = Failed.find(({ SenderFault }) => SenderFault !== true);
      if (failed !== undefined) throw new QueueUnavailable(`queue of ${market}: ${failed.Code}`);
    },
    depth: (market) => depthOf(urlOf(market)),
    deadLetterDepth: () => depthOf(`${baseUrl}/${queuePrefix}-projector-failures`),
  };
}
