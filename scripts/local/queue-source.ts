import {
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSMessageAttribute, SQSRecord, SQSRecordAttributes } from "aws-lambda";
import { failedItems } from "./batch-response.ts";
import { invokeWhenReached, type SourcePorts } from "./invoke.ts";
import { forever } from "./pause.ts";

export type QueueSource = {
  readonly queueUrl: string;
  readonly functionName: string;
  readonly batchSize: number;
  /** Batches in flight at most. Of one group there is never more than one: the queue sees to that. */
  readonly concurrency: number;
};

export type QueueSourcePorts = SourcePorts & { readonly sqs: SQSClient };

const LONG_POLL_SECONDS = 20;
/** Well inside the visibility timeout of the markets' queues. */
const RETRY_AT_MOST_MS = 4_000;

/** Delivers a queue to its function, as Lambda's event source mapping does, until told to stop. */
export async function runQueueSource(source: QueueSource, ports: QueueSourcePorts): Promise<void> {
  const { sqs, stop, report } = ports;
  const receive = new ReceiveMessageCommand({
    QueueUrl: source.queueUrl,
    MaxNumberOfMessages: source.batchSize,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  const deliver = async (): Promise<void> => {
    const { Messages = [] } = await sqs.send(receive, { abortSignal: stop });
    if (Messages.length > 0) await handOver(source, Messages, ports);
  };
  const onFailure = (cause: unknown) => report("queue_not_reached", cause);
  await Promise.all(Array.from({ length: source.concurrency }, () => forever(deliver, { stop, onFailure })));
}

async function handOver(
  { queueUrl, functionName }: QueueSource,
  messages: readonly Message[],
  ports: QueueSourcePorts,
): Promise<void> {
  const Records = messages.map((message) => recordFrom(message, queueUrl, ports.region));
  let answer: unknown;
  try {
    const delivery = { functionName, event: { Records }, forMs: RETRY_AT_MOST_MS };
    answer = await invokeWhenReached(delivery, ports);
  } catch (cause) {
    // Nothing is deleted: the messages come back when their visibility runs out.
    ports.report("function_failed", cause);
    return;
  }
  const ids = Records.map(({ messageId }) => messageId);
  const failed = failedItems(answer, ids);
  const done = failed === "everything" ? [] : Records.filter(({ messageId }) => !failed.has(messageId));
  if (done.length === 0) return;
  const Entries = done.map(({ receiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle: receiptHandle }));
  await ports.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
}

function recordFrom(message: Message, queueUrl: string, region: string): SQSRecord {
  const [account, name] = queueUrl.split("/").slice(-2);
  const attributes = Object.entries(message.MessageAttributes ?? {});
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: (message.Attributes ?? {}) as unknown as SQSRecordAttributes,
    messageAttributes: Object.fromEntries(attributes.map(([key, value]) => [key, attributeFrom(value)])),
    md5OfBody: message.MD5OfBody ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:${region}:${account}:${name}`,
    awsRegion: region,
  };
}

function attributeFrom({ StringValue, BinaryValue, DataType }: MessageAttributeValue): SQSMessageAttribute {
  return {
    dataType: DataType ?? "String",
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
    stringListValues: [],
    binaryListValues: [],
  };
}
