import { createRequire } from "node:module";
import { createServer, type Server } from "node:net";
import type { SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clock } from "../../lib/adapters/clock.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { createSqsCommandQueue } from "../../lib/adapters/sqs-command-queue.ts";
import { takeBatch } from "../../lib/edge/queue-worker.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import { QUEUE_CALL_MS, STORE_CALL_MS } from "../../lib/matcher/time.ts";
import { CountingRandom, RecordingLog } from "../simulation/effects.ts";
import { CATALOGUE } from "../simulation/in-process-exchange.ts";

const { matchers } = createRequire(import.meta.url)("../../resources/markets.cjs") as {
  readonly matchers: { readonly [name: string]: { readonly timeout: number } };
};
const FUNCTION_MS = (Object.values(matchers)[0]?.timeout ?? 0) * 1_000;

/** Takes every connection and never answers. */
let silent: Server;
let endpoint: string;

beforeAll(async () => {
  process.env.AWS_REGION = "eu-central-1";
  process.env.AWS_ACCESS_KEY_ID = "local";
  process.env.AWS_SECRET_ACCESS_KEY = "local";
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  endpoint = `http://127.0.0.1:${address.port}`;
});

afterAll(() => void silent.close());

test("a matcher whose store and queue do not answer > ends by itself before its function is stopped", async () => {
  const log = new RecordingLog();
  const store = createDynamoStore({
    tablePrefix: "t",
    endpoint,
    patience: { requestTimeoutMs: STORE_CALL_MS, attempts: 1, batchAttempts: 1 },
  });
  const queue = createSqsCommandQueue({
    queuePrefix: "t",
    baseUrl: `${endpoint}/0`,
    endpoint,
    patience: { requestTimeoutMs: QUEUE_CALL_MS, attempts: 1 },
  });
  const market = CATALOGUE.markets.get("BTC-USDT");
  if (market === undefined) throw new Error("no market");
  const ports = { store, queue, clock, log, random: new CountingRandom(), metrics: { add: () => {} } };
  const matcher = new Matcher(market, ports);
  const record = {
    messageId: "M1",
    receiptHandle: "R1",
    body: "{",
    eventSourceARN: "arn:aws:sqs:eu-central-1:0:t-BTC-USDT.fifo",
    attributes: { SequenceNumber: "1", SentTimestamp: "1", ApproximateReceiveCount: "1" },
  };
  const startedMs = performance.now();
  const context = { getRemainingTimeInMillis: () => FUNCTION_MS - (performance.now() - startedMs) };
  const event = { Records: [record] } as unknown as SQSEvent;
  const answer = await takeBatch({ event, context, matcherOf: () => matcher }, ports);
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: "M1" }]);
  expect(log.lines.map(({ event: name }) => name)).toEqual(["batch_failed", "redelivery_not_set"]);
  expect(performance.now() - startedMs).toBeLessThan(FUNCTION_MS);
});
