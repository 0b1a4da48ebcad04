import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll } from "vitest";
import { type SqsServer, startSqsServer } from "../../../scripts/local/sqs/server.ts";

/** The real client; one attempt, so that a test sees every refusal as it was. */
export function newClient(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

/** A server and a client of it for all tests of a file. */
export function serveSqs(): { readonly server: SqsServer; readonly client: SQSClient } {
  const served = {} as { server: SqsServer; client: SQSClient };
  beforeAll(async () => {
    served.server = await startSqsServer({ port: 0 });
    served.client = newClient(served.server.endpoint);
  });
  afterAll(async () => {
    served.client.destroy();
    await served.server.close();
  });
  return served;
}

let created = 0;

export async function createFifo(
  client: SQSClient,
  attributes: { [name: string]: string } = {},
): Promise<string> {
  created += 1;
  return createQueue(client, `queue-${created}.fifo`, { FifoQueue: "true", ...attributes });
}

export async function createQueue(
  client: SQSClient,
  QueueName: string,
  Attributes: { [name: string]: string } = {},
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  if (QueueUrl === undefined) throw new Error("no queue");
  return QueueUrl;
}

/** Sends the bodies in order, each its own deduplication id. */
export async function sendAll(
  client: SQSClient,
  QueueUrl: string,
  bodies: readonly string[],
  group = "g",
): Promise<void> {
  for (const body of bodies) {
    await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: body,
      }),
    );
  }
}

export async function receiveAll(
  client: SQSClient,
  QueueUrl: string,
  options: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {},
): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ["All"],
    ...options,
  });
  return (await client.send(command)).Messages ?? [];
}

export function bodiesOf(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => message.Body ?? "");
}

export function handleOf(message: Message | undefined): string {
  if (message?.ReceiptHandle === undefined) throw new Error("no receipt handle");
  return message.ReceiptHandle;
}

/** From the first to the last, with a prefix. */
export function numbered(prefix: string, from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);
}
