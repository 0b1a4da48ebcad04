import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadConfiguration } from "../../scripts/local/configuration.ts";
import { FunctionFailed, type Invoke } from "../../scripts/local/invoke.ts";
import { createQueues } from "../../scripts/local/provision.ts";
import { runQueueSource } from "../../scripts/local/queue-source.ts";
import { startSqsServer } from "../../scripts/local/sqs/server.ts";

const REGION = "eu-central-1";
const MARKET = "BTC-USDT";
const VISIBILITY_MS = 10_000;

type Server = Awaited<ReturnType<typeof startSqsServer>>;

let server: Server;
let sqs: SQSClient;
let queueUrl: string;
let stop: AbortController;
let running: Promise<void>;
let reports: string[];

beforeAll(async () => {
  server = await startSqsServer({ port: 0, region: REGION });
  sqs = new SQSClient({
    endpoint: server.endpoint,
    region: REGION,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
});
afterAll(async () => {
  sqs.destroy();
  await server.close();
});

let stage = 0;
beforeEach(async () => {
  const configuration = loadConfiguration(`source${++stage}`);
  await createQueues(configuration, { endpoint: server.endpoint, region: REGION });
  queueUrl = `${server.endpoint}/000000000000/${configuration.prefix}-${MARKET}.fifo`;
  stop = new AbortController();
  reports = [];
});
afterEach(async () => {
  stop.abort();
  await running;
});

function run(invoke: Invoke): void {
  running = runQueueSource(
    { queueUrl, functionName: "match", batchSize: 10, concurrency: 2 },
    { sqs, invoke, region: REGION, stop: stop.signal, report: (event) => reports.push(event) },
  );
}

async function send(...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: MARKET,
        MessageDeduplicationId: `${stage}-${body}`,
      }),
    );
  }
}

async function left(): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

function bodiesOf(event: object): string[] {
  return (event as SQSEvent).Records.map(({ body }) => body);
}

describe("queue source > delivers as Lambda's event source mapping does", () => {
  it("hands over ten at most, in order, one batch at a time, and deletes what succeeded", async () => {
    const all = Array.from({ length: 23 }, (_, index) => `c${index}`);
    await send(...all);
    const seen: string[][] = [];
    let inFlight = 0;
    let mostInFlight = 0;
    run(async (_name, event) => {
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(bodiesOf(event));
      inFlight--;
      return { batchItemFailures: [] };
    });
    await expect.poll(left).toBe(0);
    expect(seen.map((batch) => batch.length)).toEqual([10, 10, 3]);
    expect(seen.flat()).toEqual(all);
    expect(mostInFlight).toBe(1);
  });

  it("shapes records as AWS does", async () => {
    let event: SQSEvent | undefined;
    run(async (_name, given) => {
      event = given as SQSEvent;
      return null;
    });
    await send("hello");
    await expect.poll(left).toBe(0);
    expect(event?.Records[0]).toMatchObject({
      body: "hello",
      eventSource: "aws:sqs",
      awsRegion: REGION,
      eventSourceARN: expect.stringMatching(
        /^arn:aws:sqs:eu-central-1:\d{12}:cex-pilot-source\d-BTC-USDT\.fifo$/,
      ),
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      attributes: {
        MessageGroupId: MARKET,
        MessageDeduplicationId: expect.stringContaining("hello"),
        SequenceNumber: expect.stringMatching(/^\d{20}$/),
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateReceiveCount: "1",
      },
    });
  });

  it("deletes the done part of a batch and leaves the failed part to its visibility", async () => {
    await send("a", "b", "c");
    const calls: string[][] = [];
    run(async (_name, event) => {
      calls.push(bodiesOf(event));
      const failed = (event as SQSEvent).Records.filter(({ body }) => body !== "a");
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    await expect.poll(left).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(calls).toEqual([["a", "b", "c"]]);
    expect(VISIBILITY_MS).toBeGreaterThan(500);
  });

  it("deletes nothing when the function fails, or names a message that it was not given", async () => {
    await send("a", "b");
    const calls: string[][] = [];
    run(async (_name, event) => {
      calls.push(bodiesOf(event));
      throw new FunctionFailed("it threw");
    });
    await expect.poll(() => reports).toEqual(["function_failed"]);
    expect(await left()).toBe(2);
    expect(calls).toEqual([["a", "b"]]);
    stop.abort();
    await running;
  });

  it("keeps the batch and tries again while the functions' process is away", async () => {
    await send("a");
    let attempts = 0;
    run(async () => {
      attempts++;
      if (attempts < 3) throw new Error("connect ECONNREFUSED");
      return { batchItemFailures: [] };
    });
    await expect.poll(left).toBe(0);
    expect(attempts).toBe(3);
    expect(reports).toEqual(["function_not_reached", "function_not_reached"]);
  });
});
