import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TooManyEntriesInBatchRequest,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { createFifo, createQueue, handleOf, receiveAll, sendAll, serveSqs } from "../support/sqs/client.ts";

const served = serveSqs();

function post(action: string, body: string): Promise<Response> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` };
  return fetch(served.server.endpoint, { method: "POST", headers, body });
}

describe("queues", () => {
  test("created again with the same attributes are the same, with others they are refused", async () => {
    const url = await createQueue(served.client, "again.fifo", {
      FifoQueue: "true",
      VisibilityTimeout: "10",
    });
    expect(
      await createQueue(served.client, "again.fifo", { FifoQueue: "true", VisibilityTimeout: "10" }),
    ).toBe(url);
    expect(await createQueue(served.client, "again.fifo", { FifoQueue: "true" })).toBe(url);
    const other = createQueue(served.client, "again.fifo", { FifoQueue: "true", VisibilityTimeout: "11" });
    await expect(other).rejects.toBeInstanceOf(QueueNameExists);
  });

  test("are found by name and listed by prefix", async () => {
    const url = await createQueue(served.client, "found-1");
    await createQueue(served.client, "other-1");
    expect((await served.client.send(new GetQueueUrlCommand({ QueueName: "found-1" }))).QueueUrl).toBe(url);
    expect((await served.client.send(new ListQueuesCommand({ QueueNamePrefix: "found" }))).QueueUrls).toEqual(
      [url],
    );
  });

  test("tell their attributes, all or some, and change them", async () => {
    const queue = await createQueue(served.client, "told.fifo", { FifoQueue: "true" });
    await served.client.send(
      new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { VisibilityTimeout: "12" } }),
    );
    const all = await served.client.send(
      new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] }),
    );
    expect(all.Attributes).toMatchObject({
      QueueArn: "arn:aws:sqs:us-east-1:000000000000:told.fifo",
      FifoQueue: "true",
      ContentBasedDeduplication: "false",
      VisibilityTimeout: "12",
    });
    expect(Number(all.Attributes?.CreatedTimestamp)).toBeGreaterThan(1_700_000_000);
    const some = await served.client.send(
      new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["FifoQueue"] }),
    );
    expect(some.Attributes).toEqual({ FifoQueue: "true" });
  });

  test("deleted and created anew have a later creation time, larger sequence numbers and no old messages or receipts", async () => {
    const lives: { created: number; sequence: bigint; handle: string }[] = [];
    for (let life = 0; life < 2; life += 1) {
      const queue = await createQueue(served.client, "lives.fifo", { FifoQueue: "true" });
      await sendAll(served.client, queue, ["same"]);
      const { Attributes } = await served.client.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["CreatedTimestamp"] }),
      );
      const messages = await receiveAll(served.client, queue);
      expect(messages).toHaveLength(1);
      const sequence = BigInt(messages[0]?.Attributes?.SequenceNumber ?? 0);
      lives.push({ created: Number(Attributes?.CreatedTimestamp), sequence, handle: handleOf(messages[0]) });
      if (life === 0) await served.client.send(new DeleteQueueCommand({ QueueUrl: queue }));
    }
    const [first, second] = lives;
    if (first === undefined || second === undefined) throw new Error("there were two lives");
    expect(second.created).toBeGreaterThan(first.created);
    expect(second.sequence).toBeGreaterThan(first.sequence);
    const queue = await createQueue(served.client, "lives.fifo", { FifoQueue: "true" });
    const old = served.client.send(
      new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: first.handle }),
    );
    await expect(old).rejects.toBeInstanceOf(ReceiptHandleIsInvalid);
  });
});

describe("refusals", () => {
  test("a queue that does not exist is named as the service names it, header included", async () => {
    const QueueUrl = `${served.server.endpoint}/000000000000/nobody.fifo`;
    const failed = served.client.send(new ReceiveMessageCommand({ QueueUrl }));
    await expect(failed).rejects.toBeInstanceOf(QueueDoesNotExist);
    await expect(failed).rejects.toMatchObject({
      name: "QueueDoesNotExist",
      Code: "AWS.SimpleQueueService.NonExistentQueue",
    });
    const answer = await post("ReceiveMessage", JSON.stringify({ QueueUrl }));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("x-amzn-query-error")).toBe("AWS.SimpleQueueService.NonExistentQueue;Sender");
    expect(await answer.json()).toEqual({
      __type: "com.amazonaws.sqs#QueueDoesNotExist",
      message: "The specified queue does not exist.",
    });
  });

  test.each([
    [
      "a name that does not fit the type",
      () => new CreateQueueCommand({ QueueName: "plain", Attributes: { FifoQueue: "true" } }),
      "InvalidParameterValue",
    ],
    [
      "a name with other characters",
      () => new CreateQueueCommand({ QueueName: "a b" }),
      "InvalidParameterValue",
    ],
    [
      "an attribute out of range",
      () => new CreateQueueCommand({ QueueName: "x", Attributes: { VisibilityTimeout: "43201" } }),
      "InvalidAttributeValue",
    ],
    [
      "an unknown attribute",
      () => new CreateQueueCommand({ QueueName: "x", Attributes: { Nonsense: "1" } as object }),
      "InvalidAttributeName",
    ],
    [
      "a dead-letter queue that is not there",
      () => {
        const RedrivePolicy = JSON.stringify({
          deadLetterTargetArn: "arn:aws:sqs:us-east-1:0:nobody",
          maxReceiveCount: 3,
        });
        return new CreateQueueCommand({ QueueName: "x", Attributes: { RedrivePolicy } });
      },
      "InvalidAttributeValue",
    ],
  ])("%s is refused", async (_, command, Code) => {
    await expect(served.client.send(command())).rejects.toMatchObject({ Code });
  });

  test("messages that a FIFO queue cannot take are refused", async () => {
    const QueueUrl = await createFifo(served.client);
    const id = { MessageGroupId: "g", MessageDeduplicationId: "d" };
    const refused = [
      [{ MessageBody: "x", MessageDeduplicationId: "d" }, "MissingParameter"],
      [{ MessageBody: "x", MessageGroupId: "g" }, "InvalidParameterValue"],
      [{ MessageBody: "x", ...id, DelaySeconds: 1 }, "InvalidParameterValue"],
      [{ MessageBody: "x", ...id, MessageGroupId: "a b" }, "InvalidParameterValue"],
      [{ MessageBody: "x".repeat(262_145), ...id }, "InvalidParameterValue"],
      [{ MessageBody: "\u0000", ...id }, "InvalidMessageContents"],
      [{ MessageBody: "", ...id }, "MissingParameter"],
    ] as const;
    for (const [message, Code] of refused) {
      await expect(
        served.client.send(new SendMessageCommand({ QueueUrl, ...message })),
      ).rejects.toMatchObject({
        Code,
      });
    }
    await served.client.send(new SendMessageCommand({ QueueUrl, MessageBody: "é".repeat(131_072), ...id }));
    expect(await receiveAll(served.client, QueueUrl)).toHaveLength(1);
  });

  test("receives and receipts out of range are refused", async () => {
    const QueueUrl = await createFifo(served.client);
    for (const wrong of [
      { MaxNumberOfMessages: 11 },
      { MaxNumberOfMessages: 0 },
      { WaitTimeSeconds: 21 },
      { VisibilityTimeout: -1 },
    ]) {
      const failed = served.client.send(new ReceiveMessageCommand({ QueueUrl, ...wrong }));
      await expect(failed).rejects.toMatchObject({ Code: "InvalidParameterValue" });
    }
    const unknown = served.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" }));
    await expect(unknown).rejects.toBeInstanceOf(ReceiptHandleIsInvalid);
    await sendAll(served.client, QueueUrl, ["m1"]);
    const ReceiptHandle = handleOf((await receiveAll(served.client, QueueUrl, { VisibilityTimeout: 0 }))[0]);
    const late = served.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 5 }),
    );
    await expect(late).rejects.toMatchObject({ name: "MessageNotInflight" });
  });

  test("a batch fails as a whole for its shape, and by entry for an entry", async () => {
    const QueueUrl = await createFifo(served.client);
    const entry = (Id: string) => ({ Id, MessageBody: Id, MessageGroupId: "g", MessageDeduplicationId: Id });
    const send = (Entries: ReturnType<typeof entry>[]) =>
      served.client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    await expect(send([])).rejects.toMatchObject({ name: "EmptyBatchRequest" });
    await expect(send(Array.from({ length: 11 }, (_, index) => entry(`${index}`)))).rejects.toBeInstanceOf(
      TooManyEntriesInBatchRequest,
    );
    await expect(send([entry("a"), entry("a")])).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
    await expect(send([entry("a b")])).rejects.toMatchObject({ name: "InvalidBatchEntryId" });
    const long = (Id: string) => ({ ...entry(Id), MessageBody: "x".repeat(140_000) });
    await expect(send([long("a"), long("b")])).rejects.toMatchObject({ name: "BatchRequestTooLong" });
    const mixed = await send([entry("good"), { ...entry("bad"), MessageGroupId: "a b" }]);
    expect(mixed.Successful?.map(({ Id }) => Id)).toEqual(["good"]);
    expect(mixed.Failed).toMatchObject([{ Id: "bad", SenderFault: true, Code: "InvalidParameterValue" }]);
    const deletion = await served.client.send(
      new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "x", ReceiptHandle: "nonsense" }] }),
    );
    expect(deletion.Failed).toMatchObject([{ Id: "x", Code: "ReceiptHandleIsInvalid" }]);
  });

  test("what is no request of the protocol is answered, and bounded", async () => {
    expect((await post("SendMessage", "{")).status).toBe(400);
    expect((await post("SendMessage", "[]")).status).toBe(400);
    expect((await post("MakeCoffee", "{}")).headers.get("x-amzn-query-error")).toBe("InvalidAction;Sender");
    expect((await post("SendMessage", "x".repeat(3 * 1024 * 1024))).status).toBe(413);
  });
});
