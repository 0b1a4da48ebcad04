import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import {
  bodiesOf,
  createFifo,
  createQueue,
  handleOf,
  numbered,
  receiveAll,
  sendAll,
  serveSqs,
} from "../support/sqs/client.ts";

const served = serveSqs();

describe("a FIFO queue, through the real client", () => {
  test("gives ten of one group in order, with increasing sequence numbers, and nothing of it meanwhile", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, numbered("m", 1, 12));
    const batch = await receiveAll(served.client, queue);
    expect(bodiesOf(batch)).toEqual(numbered("m", 1, 10));
    const sequences = batch.map((message) => message.Attributes?.SequenceNumber ?? "");
    expect(sequences.every((sequence) => /^\d{20}$/.test(sequence))).toBe(true);
    expect([...sequences].sort()).toEqual(sequences);
    expect(new Set(sequences).size).toBe(10);
    expect(await receiveAll(served.client, queue)).toEqual([]);
  });

  test("a locked group does not keep another one back", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, ["a1", "a2"], "a");
    await sendAll(served.client, queue, ["b1", "b2"], "b");
    expect(bodiesOf(await receiveAll(served.client, queue, { MaxNumberOfMessages: 1 }))).toEqual(["a1"]);
    expect(bodiesOf(await receiveAll(served.client, queue))).toEqual(["b1", "b2"]);
  });

  test("what a partial delete left comes again in order when its visibility is given up", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, numbered("m", 1, 6));
    const batch = await receiveAll(served.client, queue);
    const entries = batch.map((message, index) => ({ Id: `${index}`, ReceiptHandle: handleOf(message) }));
    const deleted = await served.client.send(
      new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: entries.slice(0, 3) }),
    );
    expect(deleted.Successful).toHaveLength(3);
    const hide = {
      QueueUrl: queue,
      Entries: entries.slice(3).map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
    };
    await served.client.send(new ChangeMessageVisibilityBatchCommand(hide));
    const again = await receiveAll(served.client, queue);
    expect(bodiesOf(again)).toEqual(["m4", "m5", "m6"]);
    expect(again[0]?.Attributes).toMatchObject({
      ApproximateReceiveCount: "2",
      MessageGroupId: "g",
      MessageDeduplicationId: "m4",
    });
  });

  test("what was not deleted within its visibility timeout comes again, and the old receipt is refused", async () => {
    const queue = await createFifo(served.client, { VisibilityTimeout: "1" });
    await sendAll(served.client, queue, ["m1", "m2"]);
    const [first] = await receiveAll(served.client, queue);
    const started = performance.now();
    const again = await receiveAll(served.client, queue, { WaitTimeSeconds: 5 });
    expect(bodiesOf(again)).toEqual(["m1", "m2"]);
    expect(performance.now() - started).toBeLessThan(2000);
    const stale = served.client.send(
      new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(first) }),
    );
    await expect(stale).rejects.toMatchObject({
      Code: "InvalidParameterValue",
      message: expect.stringContaining("has expired"),
    });
  });

  test("the visibility of one message can be lengthened", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, ["m1"]);
    const [message] = await receiveAll(served.client, queue, { VisibilityTimeout: 1 });
    const ReceiptHandle = handleOf(message);
    await served.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 60 }),
    );
    expect(await receiveAll(served.client, queue, { WaitTimeSeconds: 2 })).toEqual([]);
    await served.client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
  });

  test("a duplicate is answered like the first and not delivered", async () => {
    const queue = await createFifo(served.client, { ContentBasedDeduplication: "true" });
    const command = new SendMessageCommand({ QueueUrl: queue, MessageBody: "same", MessageGroupId: "g" });
    const first = await served.client.send(command);
    const second = await served.client.send(command);
    expect(second.MessageId).toBe(first.MessageId);
    expect(second.SequenceNumber).toBe(first.SequenceNumber);
    expect(bodiesOf(await receiveAll(served.client, queue))).toEqual(["same"]);
  });

  test("a batch of sends keeps its order, and message attributes survive", async () => {
    const queue = await createFifo(served.client);
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
    const { Successful = [] } = await served.client.send(
      new SendMessageBatchCommand({ QueueUrl: queue, Entries }),
    );
    expect(Successful.map((entry) => entry.Id)).toEqual(numbered("m", 1, 10));
    const messages = await receiveAll(served.client, queue, { MessageAttributeNames: ["All"] });
    expect(bodiesOf(messages)).toEqual(numbered("m", 1, 10));
    expect(messages[0]?.MessageAttributes).toMatchObject({ kind: { StringValue: "order" } });
    expect(messages[0]?.MessageAttributes?.bytes?.BinaryValue).toEqual(new Uint8Array([0, 255]));
    expect(messages[0]?.MD5OfMessageAttributes).toBe(Successful[0]?.MD5OfMessageAttributes);
  });

  test("counts and purges", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, numbered("m", 1, 5));
    await receiveAll(served.client, queue, { MaxNumberOfMessages: 2 });
    const attributes = new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] });
    expect((await served.client.send(attributes)).Attributes).toMatchObject({
      ApproximateNumberOfMessages: "3",
      ApproximateNumberOfMessagesNotVisible: "2",
      ApproximateNumberOfMessagesDelayed: "0",
    });
    await served.client.send(new PurgeQueueCommand({ QueueUrl: queue }));
    expect((await served.client.send(attributes)).Attributes).toMatchObject({
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
    });
  });
});

describe("long polling", () => {
  test("wakes at once when something is sent", async () => {
    const queue = await createFifo(served.client);
    const waiting = receiveAll(served.client, queue, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const started = performance.now();
    await sendAll(served.client, queue, ["m1"]);
    expect(bodiesOf(await waiting)).toEqual(["m1"]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("wakes at once when the last message in flight is deleted", async () => {
    const queue = await createFifo(served.client);
    await sendAll(served.client, queue, ["m1", "m2"]);
    const [message] = await receiveAll(served.client, queue, { MaxNumberOfMessages: 1 });
    const waiting = receiveAll(served.client, queue, { WaitTimeSeconds: 20 });
    await served.client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(message) }));
    expect(bodiesOf(await waiting)).toEqual(["m2"]);
  });

  test("ends empty when its time is over", async () => {
    const queue = await createFifo(served.client, { ReceiveMessageWaitTimeSeconds: "1" });
    const started = performance.now();
    expect(await receiveAll(served.client, queue)).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test("a client that has gone takes no message", async () => {
    const queue = await createFifo(served.client);
    const leaving = new AbortController();
    const gone = fetch(served.server.endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: queue, WaitTimeSeconds: 20 }),
      signal: leaving.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sendAll(served.client, queue, ["m1"]);
    const [message] = await receiveAll(served.client, queue);
    expect(message?.Attributes?.ApproximateReceiveCount).toBe("1");
  });
});

describe("a standard queue and dead letters", () => {
  test("takes messages without a group, delays them, and locks nothing", async () => {
    const queue = await createQueue(served.client, "standard");
    for (const MessageBody of ["1", "2", "3"]) {
      const sent = await served.client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
      expect(sent.SequenceNumber).toBeUndefined();
    }
    await served.client.send(
      new SendMessageCommand({ QueueUrl: queue, MessageBody: "late", DelaySeconds: 1 }),
    );
    expect(bodiesOf(await receiveAll(served.client, queue, { MaxNumberOfMessages: 1 }))).toEqual(["1"]);
    expect(bodiesOf(await receiveAll(served.client, queue))).toEqual(["2", "3"]);
    const [late] = await receiveAll(served.client, queue, { WaitTimeSeconds: 5 });
    expect(late?.Body).toBe("late");
    expect(late?.Attributes?.MessageGroupId).toBeUndefined();
    await served.client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(late) }));
  });

  test("a message that was received too often moves to the dead-letter queue", async () => {
    const dead = await createQueue(served.client, "dead.fifo", { FifoQueue: "true" });
    const { Attributes } = await served.client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 });
    const queue = await createFifo(served.client, { RedrivePolicy });
    await sendAll(served.client, queue, ["m1"]);
    for (let time = 1; time <= 2; time += 1) {
      expect(await receiveAll(served.client, queue, { VisibilityTimeout: 0 })).toHaveLength(1);
    }
    expect(await receiveAll(served.client, queue)).toEqual([]);
    const [letter] = await receiveAll(served.client, dead);
    expect(letter?.Body).toBe("m1");
    expect(letter?.Attributes?.DeadLetterQueueSourceArn).toMatch(/:queue-\d+\.fifo$/);
  });
});
