import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../scripts/local/checkpoint.ts";
import { loadConfiguration } from "../../scripts/local/configuration.ts";
import { type Dynoxide, startTables } from "../../scripts/local/engines.ts";
import { FunctionFailed, type Invoke } from "../../scripts/local/invoke.ts";
import { createTables } from "../../scripts/local/provision.ts";
import { runStreamSource, type StreamSource } from "../../scripts/local/stream-source.ts";

let dynoxide: Dynoxide;
let dynamodb: DynamoDBClient;
let streams: DynamoDBStreamsClient;
let directory: string;
let source: StreamSource;
let stop: AbortController;
let running: Promise<void>;
let givenUp: string[];

beforeAll(async () => {
  dynoxide = await startTables("test");
  const { endpoint, region, credentials } = dynoxide;
  dynamodb = new DynamoDBClient({ endpoint, region, credentials });
  streams = new DynamoDBStreamsClient({ endpoint, region, credentials });
  directory = mkdtempSync(join(tmpdir(), "stream-"));
});
afterAll(async () => {
  dynamodb.destroy();
  streams.destroy();
  rmSync(directory, { recursive: true });
  await dynoxide.stop();
});

let stage = 0;
beforeEach(async () => {
  const configuration = loadConfiguration(`stream${++stage}`);
  await createTables(configuration, dynoxide);
  source = {
    tableName: `${configuration.prefix}-journal`,
    functionName: "project",
    batchSize: 100,
    retries: 1,
    bisect: true,
    filters: [{ eventName: ["INSERT"], dynamodb: { Keys: { pk: { S: ["BTC-USDT"] } } } }],
  };
  stop = new AbortController();
  givenUp = [];
});
afterEach(async () => {
  stop.abort();
  await running;
});

function run(invoke: Invoke, checkpoint = openCheckpoint()): void {
  running = runStreamSource(source, {
    dynamodb,
    streams,
    invoke,
    checkpoint,
    giveUp: async (records) => {
      givenUp.push(...records.map((record) => record.dynamodb?.Keys?.sk?.S ?? ""));
    },
    region: dynoxide.region,
    stop: stop.signal,
    report: () => undefined,
  });
}

async function put(pk: string, ...sortKeys: string[]): Promise<void> {
  for (const sk of sortKeys) {
    const Item = { pk: { S: pk }, sk: { S: sk } };
    await dynamodb.send(new PutItemCommand({ TableName: source.tableName, Item }));
  }
}

function keysOf(event: object): string[] {
  return (event as DynamoDBStreamEvent).Records.map((record) => record.dynamodb?.Keys?.sk?.S ?? "");
}

describe("stream source > delivers as Lambda's event source mapping does", () => {
  it("hands over what was written before it began and after, in order", async () => {
    const seen: string[] = [];
    await put("BTC-USDT", "1", "2");
    run(async (_name, event) => void seen.push(...keysOf(event)));
    await expect.poll(() => seen).toEqual(["1", "2"]);
    await put("BTC-USDT", "3");
    await expect.poll(() => seen).toEqual(["1", "2", "3"]);
  });

  it("leaves out what the filter does not let through", async () => {
    const seen: string[] = [];
    await put("BTC-USDT#SNAPSHOT", "snapshot");
    await put("BTC-USDT", "1", "1", "2");
    run(async (_name, event) => void seen.push(...keysOf(event)));
    await expect.poll(() => seen).toEqual(["1", "2"]);
  });

  it("goes on after the last batch when it is started again", async () => {
    const path = join(directory, `${stage}.db`);
    const first: string[] = [];
    await put("BTC-USDT", "1", "2");
    const checkpoint = openCheckpoint(path);
    run(async (_name, event) => void first.push(...keysOf(event)), checkpoint);
    await expect.poll(() => first).toEqual(["1", "2"]);
    stop.abort();
    await running;

    stop = new AbortController();
    const second: string[] = [];
    await put("BTC-USDT", "3");
    run(async (_name, event) => void second.push(...keysOf(event)), openCheckpoint(path));
    await expect.poll(() => second).toEqual(["3"]);
  });

  it("halves a batch that fails, gives up what fails alone, and goes on", async () => {
    const seen: string[] = [];
    await put("BTC-USDT", "1", "poison", "3", "4");
    run(async (_name, event) => {
      const keys = keysOf(event);
      if (keys.includes("poison")) throw new FunctionFailed("it threw");
      seen.push(...keys);
    });
    await expect.poll(() => givenUp, { timeout: 5_000 }).toEqual(["poison"]);
    await expect.poll(() => seen).toEqual(["1", "3", "4"]);
  });

  it("gives up nothing while the functions' process is away", async () => {
    const seen: string[] = [];
    let attempts = 0;
    await put("BTC-USDT", "1", "2");
    run(async (_name, event) => {
      if (++attempts < 5) throw new Error("connect ECONNREFUSED");
      seen.push(...keysOf(event));
    });
    await expect.poll(() => seen, { timeout: 5_000 }).toEqual(["1", "2"]);
    expect(givenUp).toEqual([]);
  });
});
