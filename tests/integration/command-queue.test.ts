import { DeleteQueueCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSqsCommandQueue } from "../../lib/adapters/sqs-command-queue.ts";
import type { Command } from "../../lib/matching/command.ts";
import { commandMessage, readMessage } from "../../lib/matching/wire/message.ts";
import { type CommandQueue, QueueUnavailable } from "../../lib/ports/command-queue.ts";
import { freePort } from "../../scripts/local/ports.ts";
import { type SqsServer, startSqsServer } from "../../scripts/local/sqs/server.ts";
import { createQueue, handleOf, newClient, receiveAll } from "../support/sqs/client.ts";

let server: SqsServer;
let client: SQSClient;
let queue: CommandQueue;
let queueUrl: string;
let market: string;
let markets = 0;

beforeAll(async () => {
  process.env.AWS_REGION = "us-east-1";
  process.env.AWS_ACCESS_KEY_ID = "local";
  process.env.AWS_SECRET_ACCESS_KEY = "local";
  server = await startSqsServer({ port: 0 });
  client = newClient(server.endpoint);
  const baseUrl = `${server.endpoint}/000000000000`;
  queue = createSqsCommandQueue({ queuePrefix: "cex-test", baseUrl, endpoint: server.endpoint });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});
beforeEach(async () => {
  market = `M${++markets}-USDT`;
  queueUrl = await createQueue(client, `cex-test-${market}.fifo`, { FifoQueue: "true" });
});

function freeze(id: string): Command {
  return { kind: "set_account_status", id, userId: "ALICE", status: "frozen", number: 1 };
}

async function receive() {
  const messages = await receiveAll(client, queueUrl);
  return messages.map((message) => ({
    handle: handleOf(message),
    queued: readMessage({
      messageId: message.MessageId ?? "",
      body: message.Body ?? "",
      sequence: message.Attributes?.SequenceNumber ?? "",
      sentMs: Number(message.Attributes?.SentTimestamp),
    }),
  }));
}

describe("a command sent to a market's queue", () => {
  test("arrives whole, in order, with its correlation id, a rising sequence number and the time of sending", async () => {
    const before = Date.now();
    const place: Command = {
      kind: "place",
      id: "O1",
      order: {
        id: "O1",
        userId: "ALICE",
        side: "buy",
        type: "limit",
        timeInForce: "GTC",
        priceTicks: 10n ** 17n,
        quantityLots: 1n,
        makerRate: 1_000n,
        takerRate: 2_000n,
      },
    };
    await queue.send(market, commandMessage(place, "request-1"));
    await queue.send(market, commandMessage(freeze("B1"), "request-2"));
    const received = (await receive()).map(({ queued }) => queued);
    expect(received).toMatchObject([
      { id: "O1", correlationId: "request-1", command: place },
      { id: "B1", correlationId: "request-2", command: freeze("B1") },
    ]);
    expect(BigInt(received[1]?.sequence ?? 0)).toBeGreaterThan(BigInt(received[0]?.sequence ?? 0));
    expect(received[0]?.timeMs).toBeGreaterThanOrEqual(before - 1);
    expect(received[0]?.timeMs).toBeLessThanOrEqual(Date.now() + 1);
  });

  test("twice arrives once: its id is the deduplication id", async () => {
    await queue.send(market, commandMessage(freeze("B1"), "first"));
    await queue.send(market, commandMessage(freeze("B1"), "again"));
    await queue.send(market, commandMessage(freeze("B2"), "other"));
    expect((await receive()).map(({ queued }) => queued.correlationId)).toEqual(["first", "other"]);
  });

  test("that cannot be put there is refused as unavailable", async () => {
    await expect(queue.send("NO-QUEUE", commandMessage(freeze("B1"), "c"))).rejects.toBeInstanceOf(
      QueueUnavailable,
    );
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const nobody = createSqsCommandQueue({
      queuePrefix: "cex-test",
      baseUrl: `${endpoint}/000000000000`,
      endpoint,
    });
    await expect(nobody.send(market, commandMessage(freeze("B1"), "c"))).rejects.toBeInstanceOf(
      QueueUnavailable,
    );
  });
});

describe("a market's queue", () => {
  test("counts what waits and what is in flight", async () => {
    expect(await queue.depth(market)).toBe(0);
    for (const id of ["B1", "B2", "B3"]) await queue.send(market, commandMessage(freeze(id), "c"));
    expect(await queue.depth(market)).toBe(3);
    await receive();
    expect(await queue.depth(market)).toBe(3);
  });

  test("gives messages again, in order, after the delay that was asked for", async () => {
    for (const id of ["B1", "B2", "B3"]) await queue.send(market, commandMessage(freeze(id), "c"));
    const first = await receive();
    expect(await receive()).toEqual([]);
    const handles = first.map(({ handle }) => handle);
    await queue.redeliver(market, handles, 0);
    const again = await receive();
    expect(again.map(({ queued }) => queued)).toEqual(first.map(({ queued }) => queued));
    await queue.redeliver(
      market,
      again.map(({ handle }) => handle),
      1,
    );
    expect(await receive()).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await receive()).map(({ queued }) => queued.id)).toEqual(["B1", "B2", "B3"]);
  });

  test("is content with handles whose time is over", async () => {
    await queue.send(market, commandMessage(freeze("B1"), "c"));
    const handles = (await receive()).map(({ handle }) => handle);
    await queue.redeliver(market, handles, 0);
    await receive();
    await queue.redeliver(market, handles, 0);
    expect(await receive()).toEqual([]);
  });

  test("has an identity that stays while it lives and is another one once it was created anew", async () => {
    const epoch = await queue.epoch(market);
    await queue.send(market, commandMessage(freeze("B1"), "c"));
    expect(await queue.epoch(market)).toEqual(epoch);
    await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    await expect(queue.epoch(market)).rejects.toThrow();
    await createQueue(client, `cex-test-${market}.fifo`, { FifoQueue: "true" });
    expect(await queue.epoch(market)).not.toEqual(epoch);
    await queue.send(market, commandMessage(freeze("B1"), "after"));
    expect((await receive()).map(({ queued }) => queued.correlationId)).toEqual(["after"]);
  });

  test("of another market has another identity", async () => {
    const other = `M${++markets}-USDT`;
    await createQueue(client, `cex-test-${other}.fifo`, { FifoQueue: "true" });
    expect(await queue.epoch(other)).not.toEqual(await queue.epoch(market));
  });

  test("is known by its ARN", () => {
    expect(queue.marketOf("arn:aws:sqs:eu-central-1:123456789012:cex-test-BTC-USDT.fifo")).toBe("BTC-USDT");
  });
});

test("the queue of failed wake-ups is counted as well", async () => {
  await createQueue(client, "cex-test-projector-failures");
  expect(await queue.deadLetterDepth()).toBe(0);
});
