import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SqsServer, startSqsServer } from "../../scripts/local/sqs/server.ts";
import {
  bodiesOf,
  createFifo,
  createQueue,
  handleOf,
  newClient,
  numbered,
  receiveAll,
  sendAll,
} from "../support/sqs/client.ts";

let server: SqsServer;
let client: SQSClient;

beforeAll(async () => {
  server = await startSqsServer({ port: 0 });
  client = newClient(server.endpoint);
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

describe("a FIFO queue, through the real client", () => {
  test("gives ten of one group in order, with increasing sequence numbers, and nothing of it meanwhile", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, numbered("m", 1, 12));
    const batch = await receiveAll(client, queue);
    expect(bodiesOf(batch)).toEqual(numbered("m", 1, 10));
    const sequences = batch.map((message) => message.Attributes?.SequenceNumber ?? "");
    expect(sequences.every((sequence) => /^\d{20}$/.test(sequence))).toBe(true);
    expect([...sequences].sort()).toEqual(sequences);
    expect(new Set(sequences).size).toBe(10);
    expect(await receiveAll(client, queue)).toEqual([]);
  });

  test("a locked group does not keep another one back", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, ["a1", "a2"], "a");
    await sendAll(client, queue, ["b1", "b2"], "b");
    expect(bodiesOf(await receiveAll(client, queue, { MaxNumberOfMessages: 1 }))).toEqual(["a1"]);
    expect(bodiesOf(await receiveAll(client, queue))).toEqual(["b1", "b2"]);
  });

  test("what a partial delete left comes again in order when its visibility is given up", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, numbered("m", 1, 6));
    const batch = await receiveAll(client, queue);
    const entries = batch.map((message, index) => ({ Id: `${index}`, ReceiptHandle: handleOf(message) }));
    const deleted = await client.send(
      new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: entries.slice(0, 3) }),
    );
    expect(deleted.Successful).toHaveLength(3);
    const hide = {
      QueueUrl: queue,
      Entries: entries.slice(3).map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
    };
    await client.send(new ChangeMessageVisibilityBatchCommand(hide));
    const again = await receiveAll(client, queue);
    expect(bodiesOf(again)).toEqual(["m4", "m5", "m6"]);
    expect(again[0]?.Attributes).toMatchObject({
      ApproximateReceiveCount: "2",
      MessageGroupId: "g",
      MessageDeduplicationId: "m4",
    });
  });

  test("what was not deleted within its visibility timeout comes again, and the old receipt is refused", async () => {
    const queue = await createFifo(client, { VisibilityTimeout: "1" });
    await sendAll(client, queue, ["m1", "m2"]);
    const [first] = await receiveAll(client, queue);
    const started = performance.now();
    const again = await receiveAll(client, queue, { WaitTimeSeconds: 5 });
    expect(bodiesOf(again)).toEqual(["m1", "m2"]);
    expect(performance.now() - started).toBeLessThan(2000);
    const stale = client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(first) }));
    await expect(stale).rejects.toMatchObject({
      Code: "InvalidParameterValue",
      message: expect.stringContaining("has expired"),
    });
  });

  test("the visibility of one message can be lengthened", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, ["m1"]);
    const [message] = await receiveAll(client, queue, { VisibilityTimeout: 1 });
    const ReceiptHandle = handleOf(message);
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 60 }),
    );
    expect(await receiveAll(client, queue, { WaitTimeSeconds: 2 })).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
  });

  test("a duplicate is answered like the first and not delivered", async () => {
    const queue = await createFifo(client, { ContentBasedDeduplication: "true" });
    const command = new SendMessageCommand({ QueueUrl: queue, MessageBody: "same", MessageGroupId: "g" });
    const first = await client.send(command);
    const second = await client.send(command);
    expect(second.MessageId).toBe(first.MessageId);
    expect(second.SequenceNumber).toBe(first.SequenceNumber);
    expect(bodiesOf(await receiveAll(client, queue))).toEqual(["same"]);
  });

  test("a batch of sends keeps its order, and message attributes survive", async () => {
    const queue = await createFifo(client);
    const Entries = numbered("m", 1, 10).map((body) => ({
      Id: body,
      MessageBody: body,
      MessageGroupId: "g",
      MessageDeduplicationId: body,
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "order" },
        bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
      },
    }));
    const { Successful = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
    expect(Successful.map((entry) => entry.Id)).toEqual(numbered("m", 1, 10));
    const messages = await receiveAll(client, queue, { MessageAttributeNames: ["All"] });
    expect(bodiesOf(messages)).toEqual(numbered("m", 1, 10));
    expect(messages[0]?.MessageAttributes).toMatchObject({ kind: { StringValue: "order" } });
    expect(messages[0]?.MessageAttributes?.bytes?.BinaryValue).toEqual(new Uint8Array([0, 255]));
    expect(messages[0]?.MD5OfMessageAttributes).toBe(Successful[0]?.MD5OfMessageAttributes);
  });

  test("counts and purges", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, numbered("m", 1, 5));
    await receiveAll(client, queue, { MaxNumberOfMessages: 2 });
    const attributes = new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] });
    expect((await client.send(attributes)).Attributes).toMatchObject({
      ApproximateNumberOfMessages: "3",
      ApproximateNumberOfMessagesNotVisible: "2",
      ApproximateNumberOfMessagesDelayed: "0",
    });
    await client.send(new PurgeQueueCommand({ QueueUrl: queue }));
    expect((await client.send(attributes)).Attributes).toMatchObject({
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
    });
  });
});

describe("long polling", () => {
  test("wakes at once when something is sent", async () => {
    const queue = await createFifo(client);
    const waiting = receiveAll(client, queue, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const started = performance.now();
    await sendAll(client, queue, ["m1"]);
    expect(bodiesOf(await waiting)).toEqual(["m1"]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("wakes at once when the last message in flight is deleted", async () => {
    const queue = await createFifo(client);
    await sendAll(client, queue, ["m1", "m2"]);
    const [message] = await receiveAll(client, queue, { MaxNumberOfMessages: 1 });
    const waiting = receiveAll(client, queue, { WaitTimeSeconds: 20 });
    await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(message) }));
    expect(bodiesOf(await waiting)).toEqual(["m2"]);
  });

  test("ends empty when its time is over", async () => {
    const queue = await createFifo(client, { ReceiveMessageWaitTimeSeconds: "1" });
    const started = performance.now();
    expect(await receiveAll(client, queue)).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test("a client that has gone takes no message", async () => {
    const queue = await createFifo(client);
    const leaving = new AbortController();
    const gone = fetch(server.endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: queue, WaitTimeSeconds: 20 }),
      signal: leaving.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sendAll(client, queue, ["m1"]);
    const [message] = await receiveAll(client, queue);
    expect(message?.Attributes?.ApproximateReceiveCount).toBe("1");
  });
});

describe("a standard queue and dead letters", () => {
  test("takes messages without a group, delays them, and locks nothing", async () => {
    const queue = await createQueue(client, "standard");
    for (const MessageBody of ["1", "2", "3"]) {
      const sent = await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
      expect(sent.SequenceNumber).toBeUndefined();
    }
    await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "late", DelaySeconds: 1 }));
    expect(bodiesOf(await receiveAll(client, queue, { MaxNumberOfMessages: 1 }))).toEqual(["1"]);
    expect(bodiesOf(await receiveAll(client, queue))).toEqual(["2", "3"]);
    const [late] = await receiveAll(client, queue, { WaitTimeSeconds: 5 });
    expect(late?.Body).toBe("late");
    expect(late?.Attributes?.MessageGroupId).toBeUndefined();
    await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(late) }));
  });

  test("a message that was received too often moves to the dead-letter queue", async () => {
    const dead = await createQueue(client, "dead.fifo", { FifoQueue: "true" });
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 });
    const queue = await createFifo(client, { RedrivePolicy });
    await sendAll(client, queue, ["m1"]);
    for (let time = 1; time <= 2; time += 1) {
      expect(await receiveAll(client, queue, { VisibilityTimeout: 0 })).toHaveLength(1);
    }
    expect(await receiveAll(client, queue)).toEqual([]);
    const [letter] = await receiveAll(client, dead);
    expect(letter?.Body).toBe("m1");
    expect(letter?.Attributes?.DeadLetterQueueSourceArn).toMatch(/:queue-\d+\.fifo$/);
  });
});
