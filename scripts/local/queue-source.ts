import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSMessageAttributes, SQSRecord, SQSRecordAttributes } from "aws-lambda";
import { failedItems } from "./batch-response.ts";
import { FunctionFailed, type Invoke } from "./invoke.ts";
import { backOff } from "./pause.ts";

export type QueueSource = {
  readonly queueUrl: string;
  readonly functionName: string;
  readonly batchSize: number;
  /** Batches in flight at most. Of one group there is never more than one: the queue sees to that. */
  readonly concurrency: number;
};

export type QueueSourcePorts = {
  readonly sqs: SQSClient;
  readonly invoke: Invoke;
  readonly region: string;
  /** Aborted when the stack stops; what is in flight is finished first. */
  readonly stop: AbortSignal;
  readonly report: (event: string, cause: unknown) => void;
};

const LONG_POLL_SECONDS = 20;
/** Well inside the visibility timeout of the markets' queues. */
const RETRY_AT_MOST_MS = 4_000;

/** Delivers a queue to its function, as Lambda's event source mapping does, until told to stop. */
export async function runQueueSource(source: QueueSource, ports: QueueSourcePorts): Promise<void> {
  const arn = await arnOf(source, ports);
  if (arn === undefined) return;
  await Promise.all(Array.from({ length: source.concurrency }, () => deliver(source, arn, ports)));
}

async function arnOf(
  source: QueueSource,
  { sqs, stop, report }: QueueSourcePorts,
): Promise<string | undefined> {
  for (let failures = 0; !stop.aborted; ) {
    try {
      const answer = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: source.queueUrl, AttributeNames: ["QueueArn"] }),
      );
      return answer.Attributes?.QueueArn ?? "";
    } catch (cause) {
      report("queue_not_reached", cause);
      await backOff(++failures, stop);
    }
  }
  return undefined;
}

async function deliver(source: QueueSource, arn: string, ports: QueueSourcePorts): Promise<void> {
  const { sqs, stop, report } = ports;
  const receive = {
    QueueUrl: source.queueUrl,
    MaxNumberOfMessages: source.batchSize,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ["All" as const],
    MessageAttributeNames: ["All"],
  };
  for (let failures = 0; !stop.aborted; ) {
    try {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(receive), { abortSignal: stop });
      failures = 0;
      if (Messages.length > 0) await handOver(source, arn, Messages, ports);
    } catch (cause) {
      if (stop.aborted) return;
      report("queue_not_reached", cause);
      await backOff(++failures, stop);
    }
  }
}

async function handOver(
  source: QueueSource,
  arn: string,
  messages: readonly Message[],
  ports: QueueSourcePorts,
): Promise<void> {
  const { sqs, region, report } = ports;
  const records = messages.map((message) => recordFrom(message, arn, region));
  let answer: unknown;
  try {
    answer = await invokeWhenReached(source, records, ports);
  } catch (cause) {
    // Nothing is deleted: the messages come back when their visibility runs out.
    report("function_failed", cause);
    return;
  }
  const ids = records.map(({ messageId }) => messageId);
  const failed = failedItems(answer, ids);
  if (failed === "everything") return;
  const done = records.filter(({ messageId }) => !failed.has(messageId));
  if (done.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: source.queueUrl,
      Entries: done.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle })),
    }),
  );
}

/** While the functions' process is being started again the batch waits, as it does on AWS while a function is throttled. */
async function invokeWhenReached(
  source: QueueSource,
  Records: SQSRecord[],
  { invoke, stop, report }: QueueSourcePorts,
): Promise<unknown> {
  const deadline = Date.now() + RETRY_AT_MOST_MS;
  for (let failures = 0; ; ) {
    try {
      return await invoke(source.functionName, { Records });
    } catch (cause) {
      if (cause instanceof FunctionFailed || stop.aborted || Date.now() > deadline) throw cause;
      report("function_not_reached", cause);
      await backOff(++failures, stop);
    }
  }
}

function recordFrom(message: Message, arn: string, region: string): SQSRecord {
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: (message.Attributes ?? {}) as unknown as SQSRecordAttributes,
    messageAttributes: attributesFrom(message.MessageAttributes ?? {}),
    md5OfBody: message.MD5OfBody ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: region,
  };
}

function attributesFrom(attributes: {
  readonly [name: string]: MessageAttributeValue;
}): SQSMessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue, BinaryValue, DataType }]) => [
      name,
      {
        dataType: DataType ?? "String",
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
        stringListValues: [],
        binaryListValues: [],
      },
    ]),
  );
}
