import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe } from "vitest";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { loadConfiguration } from "../../scripts/local/configuration.ts";
import { answers, freePort } from "../../scripts/local/ports.ts";
import { createTables } from "../../scripts/local/provision.ts";
import { describeStore, type StoreUnderTest } from "../support/store-suite.ts";

/** Amazon's own emulator as a second opinion, where there is one: the path of its DynamoDBLocal.jar. */
const jar = process.env.DYNAMODB_LOCAL_JAR ?? "";
const region = "eu-central-1";

async function start(): Promise<StoreUnderTest> {
  const port = await freePort();
  const options = [
    "-Djava.library.path=DynamoDBLocal_lib",
    "-jar",
    jar,
    "-inMemory",
    "-sharedDb",
    "-port",
    `${port}`,
  ];
  const child = spawn("java", options, {
    cwd: dirname(jar),
    env: { ...process.env, DDB_LOCAL_TELEMETRY: "0" },
    stdio: "ignore",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 100));
  const configuration = loadConfiguration("test");
  const endpoint = `http://127.0.0.1:${port}`;
  await createTables(configuration, { endpoint, region });
  process.env.AWS_REGION = region;
  process.env.AWS_ACCESS_KEY_ID = "local";
  process.env.AWS_SECRET_ACCESS_KEY = "local";
  const store = createDynamoStore({ tablePrefix: configuration.prefix, endpoint });
  return { store, stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

describe.skipIf(!existsSync(jar))("a second opinion", () => {
  describeStore("DynamoDB's adapter on DynamoDB Local", start);
});
