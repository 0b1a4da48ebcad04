import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Configuration, loadConfiguration } from "../local/configuration.ts";
import { isTaken } from "../local/ports.ts";
import { createQueues, createTables } from "../local/provision.ts";
import { dynoxidePath } from "../local/stack-children.ts";
import type { Cleanup } from "./cleanup.ts";

/** The engines of the local stack by themselves, in memory, with the tables and queues under resources/. */
export type Engines = {
  readonly dynamodbEndpoint: string;
  readonly sqsEndpoint: string;
  /** Tables and queues are named after it. */
  readonly prefix: string;
};

const HOST = "127.0.0.1";
const REGION = "eu-central-1";
const READY_AT_MOST_MS = 15_000;
const KEPT_WORDS = 2_000;

/** Says in words a person can act on why a measurement is not possible here. */
export class CannotMeasure extends Error {
  override readonly name = "CannotMeasure";
}

export async function startEngines(
  ports: { readonly dynamodb: number; readonly sqs: number },
  cleanup: Cleanup,
): Promise<Engines> {
  const program = dynoxidePath();
  if (program === undefined) {
    throw new CannotMeasure(
      "consumed capacity is measured on dynoxide, which comes from npm for Linux on x64 only",
    );
  }
  // The SDK wants them; the engines do not look.
  process.env.AWS_REGION = REGION;
  process.env.AWS_ACCESS_KEY_ID = "local";
  process.env.AWS_SECRET_ACCESS_KEY = "local";
  const local = (script: string) => fileURLToPath(new URL(`../local/${script}`, import.meta.url));
  const { dynamodb, sqs } = ports;
  await start(local("guard.ts"), [program, "--host", HOST, "--port", String(dynamodb)], dynamodb, cleanup);
  await start(local("sqs/main.ts"), ["--port", String(sqs)], sqs, cleanup);
  const configuration: Configuration = loadConfiguration("bench");
  const engines = {
    dynamodbEndpoint: `http://${HOST}:${dynamodb}`,
    sqsEndpoint: `http://${HOST}:${sqs}`,
    prefix: configuration.prefix,
  };
  await createTables(configuration, { endpoint: engines.dynamodbEndpoint, region: REGION });
  await createQueues(configuration, { endpoint: engines.sqsEndpoint, region: REGION });
  return engines;
}

/** Both scripts end when the channel to their parent closes, so that not even a killed benchmark leaves them behind. */
async function start(script: string, args: readonly string[], port: number, cleanup: Cleanup): Promise<void> {
  if (await isTaken(port)) throw new CannotMeasure(`port ${port} is taken; choose others with --port`);
  const child = fork(script, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-KEPT_WORDS);
  });
  const exit = once(child, "exit");
  let ended = false;
  void exit.then(() => {
    ended = true;
  });
  cleanup.add(async () => {
    if (ended) return;
    child.kill("SIGTERM");
    await exit;
  });
  const deadline = performance.now() + READY_AT_MOST_MS;
  while (!(await answers(port))) {
    if (ended) throw new Error(`${script} ended before it was ready: ${words}`);
    if (performance.now() > deadline) throw new Error(`${script} was not ready in time`);
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
