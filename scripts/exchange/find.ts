import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfiguration, PROJECT_ROOT } from "../local/configuration.ts";
import { dataDirRecordPath, findRunningStack, runningFrom } from "../local/record.ts";
import { HOST, LOCAL_STAGE } from "../local/settings.ts";
import { dynoxidePath } from "../local/stack-children.ts";

export type StoredExchange =
  | {
      readonly ok: true;
      /** In words, for the reader. */
      readonly place: string;
      /** The local engine's; absent on AWS. */
      readonly endpoint?: string;
      readonly tablePrefix: string;
      close(): Promise<void>;
    }
  | { readonly ok: false; readonly message: string };

const START_MS = 10_000;

/** The exchange of a stage on AWS. */
export function deployedExchange(stage: string): StoredExchange {
  const tablePrefix = loadConfiguration(stage).prefix;
  return { ok: true, place: `the exchange deployed as ${stage}`, tablePrefix, close: async () => {} };
}

/** The exchange that runs, or the one that DATA_DIR holds, with an engine of its own for as long as it is looked at. */
export async function openStoredExchange(env: NodeJS.ProcessEnv = process.env): Promise<StoredExchange> {
  // The local engines take any credentials, and the SDK insists on some.
  process.env.AWS_ACCESS_KEY_ID ??= "local";
  process.env.AWS_SECRET_ACCESS_KEY ??= "local";
  process.env.AWS_REGION ??= "eu-central-1";
  const tablePrefix = loadConfiguration(LOCAL_STAGE).prefix;
  if (env.DATA_DIR) return await openDataDir(resolve(env.DATA_DIR), tablePrefix);
  const running = findRunningStack(env.PORT ? Number(env.PORT) : undefined);
  if (running !== undefined) {
    return {
      ok: true,
      place: `the exchange at ${running.url}`,
      endpoint: running.endpoints.dynamodb,
      tablePrefix: running.tablePrefix,
      close: async () => {},
    };
  }
  return {
    ok: false,
    message:
      "There is no exchange to verify. Start one (npm start), or name the one that is stored: DATA_DIR=dir npm run verify.\n" +
      "If yours runs on another port, say so: PORT=4000 npm run verify.",
  };
}

async function openDataDir(dataDir: string, tablePrefix: string): Promise<StoredExchange> {
  const record = runningFrom(dataDirRecordPath(dataDir));
  if (record !== undefined) {
    const { url, endpoints } = record;
    const place = `the exchange at ${url}, kept in ${dataDir}`;
    return {
      ok: true,
      place,
      endpoint: endpoints.dynamodb,
      tablePrefix: record.tablePrefix,
      close: async () => {},
    };
  }
  const database = join(dataDir, "dynamodb.db");
  if (!existsSync(database))
    return { ok: false, message: `${dataDir} holds no exchange: there is no ${database}.` };
  const program = dynoxidePath();
  if (program === undefined)
    return { ok: false, message: "The engine that can read it, dynoxide, is not installed here." };
  const port = await freePort();
  const guard = join(PROJECT_ROOT, "scripts/local/guard.ts");
  const child = fork(guard, [program, "--host", HOST, "--port", String(port), "--db-path", database], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const isUp = await Promise.race([answered(port), ended.then(() => false)]);
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  if (!isUp) {
    await close();
    return { ok: false, message: `The engine cannot open ${database}.` };
  }
  return {
    ok: true,
    place: `the exchange stored in ${dataDir}`,
    endpoint: `http://${HOST}:${port}`,
    tablePrefix,
    close,
  };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === "string" ? fail(new Error("no port")) : done(address.port),
      );
    });
  });
}

async function answered(port: number): Promise<boolean> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(20)) {
    const isUp = await new Promise<boolean>((done) => {
      const socket = connect(port, HOST);
      socket.once("connect", () => {
        socket.destroy();
        done(true);
      });
      socket.once("error", () => done(false));
    });
    if (isUp) return true;
  }
  return false;
}
