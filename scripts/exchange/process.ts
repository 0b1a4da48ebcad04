import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ExchangeClient } from "./client.ts";

export type ReachedExchange = {
  readonly url: string;
  /** Whether it was started here, and so is stopped here. */
  readonly isOurs: boolean;
  stop(): Promise<void>;
};

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
const KEPT_OUTPUT = 8_000;

export function defaultUrl(): string {
  return `http://127.0.0.1:${process.env.PORT ?? "3000"}`;
}

/**
 * The exchange at the given address, for which it waits; without an address the one on this machine, which is
 * started where none answers.
 */
export async function reachExchange(
  url: string | undefined,
  say: (text: string) => void,
): Promise<ReachedExchange> {
  const address = url ?? defaultUrl();
  if (await answers(address)) return { url: address, isOurs: false, stop: async () => {} };
  if (url !== undefined) {
    say(`Waiting for an exchange at ${address} ...`);
    await waitUntilReady(address, () => null);
    return { url: address, isOurs: false, stop: async () => {} };
  }
  say(`No exchange answers at ${address}; starting one ...`);
  return startExchange(address);
}

async function startExchange(url: string): Promise<ReachedExchange> {
  const child = spawn(process.execPath, ["scripts/start.ts"], {
    cwd: ROOT,
    env: { RATE_LIMITS: "off", ...process.env },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C at the terminal is for the program in front, which stops the exchange once it is done with it.
    detached: true,
  });
  process.once("exit", () => child.kill("SIGINT"));
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let failure: string | null = null;
  child.on("error", (error) => {
    failure = error.message;
  });
  child.on("exit", (code, signal) => {
    failure ??= `it ended with ${signal ?? `code ${code}`}`;
  });
  try {
    await waitUntilReady(url, () => failure);
  } catch (error) {
    await stopProcess(child);
    throw new Error(`the exchange did not start: ${String(error)}\n${output}`, { cause: error });
  }
  return { url, isOurs: true, stop: () => stopProcess(child) };
}

async function waitUntilReady(url: string, failure: () => string | null): Promise<void> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(url))) {
    const reason = failure();
    if (reason !== null) throw new Error(reason);
    if (performance.now() > giveUpAt) throw new Error(`${url}/api/markets has not answered in time`);
    await sleep(200);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new ExchangeClient({ baseUrl: url, timeoutMs: 3_000 });
  return client.markets().then(
    () => true,
    () => false,
  );
}

/** An interrupt lets the stack end its own processes; one that does not end is killed. */
async function stopProcess(child: ChildProcess): Promise<void> {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  if (hasEnded()) return;
  const exit = once(child, "exit");
  child.kill("SIGINT");
  await Promise.race([exit, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  if (!hasEnded()) child.kill("SIGKILL");
}
