import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isTaken } from "../../scripts/local/ports.ts";
import { readRecord, recordPath, type StackRecord } from "../../scripts/local/record.ts";
import { portsFrom, workDirOf } from "../../scripts/local/settings.ts";

/** A whole local stack, as `npm start` runs it, for scenario tests. */
export type Stack = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly admin: { readonly email: string; readonly password: string };
  record(): StackRecord;
  /** All that it has printed. */
  output(): string;
  /** Ends it as Ctrl-C does; gives the exit code. */
  end(): Promise<number | null>;
  /** Ends it, and removes its logs and bundles. */
  stop(): Promise<number | null>;
  /** Ends the supervisor with no chance to clean up. */
  kill(): Promise<void>;
};

export type StackOptions = {
  readonly port?: number;
  readonly dataDir?: string;
  readonly env?: { readonly [variable: string]: string };
};

const START = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));
const ADMIN = { email: "admin@example.com", password: "local-admin-password-1" };
const READY_AT_MOST_MS = 60_000;
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 25_000;

export async function startStack({ port, dataDir, env = {} }: StackOptions = {}): Promise<Stack> {
  const http = port ?? (await freeStackPort());
  const started = launchStack({
    ...env,
    PORT: String(http),
    ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }),
  });
  if (!(await started.isReady)) {
    started.child.kill("SIGTERM");
    throw new Error(`the stack did not start:\n${started.output()}`);
  }
  const { child, ended } = started;
  const end = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return ended;
  };
  return {
    url: `http://127.0.0.1:${http}`,
    port: http,
    pid: child.pid ?? 0,
    admin: ADMIN,
    record() {
      const record = readRecord(recordPath(http));
      if (record === undefined) throw new Error("the stack has no record");
      return record;
    },
    output: started.output,
    end,
    async stop() {
      const code = await end();
      rmSync(workDirOf(http), { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export type Started = {
  readonly isReady: Promise<boolean>;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
};

/** Starts one and waits for nothing; what has not become ready has ended. */
export function launchStack(env: { readonly [variable: string]: string }): Started {
  const { DYNAMODB_ENDPOINT: _endpoint, DATA_DIR: _dataDir, PORT: _port, ...inherited } = process.env;
  const child = spawn(process.execPath, [START], {
    env: { ...inherited, ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  // A test run that ends early must not leave it behind.
  const end = (): void => void child.kill("SIGTERM");
  process.once("exit", end);
  void ended.then(() => process.off("exit", end));
  const isReady = new Promise<boolean>((resolve) => {
    child.stdout.on("data", () => output.includes("is ready at") && resolve(true));
    void ended.then(() => resolve(false));
    AbortSignal.timeout(READY_AT_MOST_MS).addEventListener("abort", () => resolve(false));
  });
  return { child, ended, isReady, output: () => output };
}

/** Runs `npm start` where it is expected to refuse; gives what it said and its exit code. */
export async function refusedStack(env: {
  readonly [variable: string]: string;
}): Promise<{ readonly code: number | null; readonly output: string }> {
  const { ended, output } = launchStack(env);
  return { code: await ended, output: output() };
}

/** A port whose companions are free too. */
export async function freeStackPort(): Promise<number> {
  for (;;) {
    const http = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    const taken = await Promise.all(Object.values(portsFrom(http)).map(isTaken));
    if (!taken.includes(true)) return http;
  }
}
