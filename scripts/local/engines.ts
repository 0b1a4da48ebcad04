import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Told } from "../command/told.ts";
import { until } from "../command/until.ts";
import { loadConfiguration, PROJECT_ROOT } from "./configuration.ts";
import { answers, freePort, isTaken } from "./ports.ts";
import { createQueues, createTables, LOCAL_CREDENTIALS } from "./provision.ts";
import { HOST } from "./settings.ts";

/** An engine of the local stack by itself. It ends with this process at the latest. */
export type RunningEngine = {
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly credentials: typeof LOCAL_CREDENTIALS;
  stop(): Promise<void>;
};
/** Tables and queues are named after the stage's prefix. */
export type Dynoxide = RunningEngine & { readonly tablePrefix: string };
export type Sqs = RunningEngine & { readonly queuePrefix: string };

const REGION = "eu-central-1";
const READY_AT_MOST_MS = 15_000;
const KEPT_WORDS = 2_000;

/** The local engines take any credentials, and the SDK insists on some. */
export function useLocalCredentials(region?: string): void {
  process.env.AWS_ACCESS_KEY_ID ??= LOCAL_CREDENTIALS.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY ??= LOCAL_CREDENTIALS.secretAccessKey;
  process.env.AWS_REGION = region ?? process.env.AWS_REGION ?? REGION;
}

export function dynoxidePath(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json");
    const program = join(manifest, "..", "dynoxide");
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

type Place = { readonly port?: number; readonly database?: string };

/** DynamoDB's engine, in memory, or with a database that is there. */
export async function startDynoxide({ port, database }: Place = {}): Promise<RunningEngine> {
  const program = dynoxidePath();
  if (program === undefined) throw new Told("dynoxide comes from npm for Linux on x64 only");
  const where = database === undefined ? [] : ["--db-path", database];
  return start("guard.ts", [program, "--host", HOST, ...where], port);
}

/** The same in memory, with the tables of resources/tables.yml. */
export async function startTables(stage: string, place: { readonly port?: number } = {}): Promise<Dynoxide> {
  const engine = await startDynoxide(place);
  const configuration = loadConfiguration(stage);
  await createTables(configuration, engine);
  return { ...engine, tablePrefix: configuration.prefix };
}

/** The SQS engine in memory, with the queues under resources/. */
export async function startQueues(stage: string, place: { readonly port?: number } = {}): Promise<Sqs> {
  const engine = await start("sqs/main.ts", [], place.port);
  const configuration = loadConfiguration(stage);
  await createQueues(configuration, engine);
  return { ...engine, queuePrefix: configuration.prefix };
}

/** Our scripts end when the channel to their parent closes, so that not even a killed program leaves them behind. */
async function start(script: string, args: readonly string[], wanted?: number): Promise<RunningEngine> {
  if (wanted !== undefined && (await isTaken(wanted)))
    throw new Told(`port ${wanted} is taken; choose others with --port`);
  const port = wanted ?? (await freePort());
  const child = fork(join(PROJECT_ROOT, "scripts/local", script), [...args, "--port", String(port)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-KEPT_WORDS);
  });
  const ended = once(child, "exit");
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    if (!isOver()) await ended;
  };
  await until(async () => isOver() || (await answers(port)) || undefined, {
    forMs: READY_AT_MOST_MS,
    everyMs: 10,
  });
  if (isOver() || !(await answers(port))) {
    await stop();
    throw new Error(`${script} was not ready: ${words}`);
  }
  const endpoint = `http://${HOST}:${port}`;
  return { endpoint, port, region: REGION, credentials: LOCAL_CREDENTIALS, stop };
}
