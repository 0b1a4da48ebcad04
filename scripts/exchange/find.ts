import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CannotBegin } from "../command/told.ts";
import { until } from "../command/until.ts";
import { loadConfiguration } from "../local/configuration.ts";
import { startDynoxide, useLocalCredentials } from "../local/engines.ts";
import { dataDirRecordPath, findRunningStack, runningFrom, type StackRecord } from "../local/record.ts";
import { LOCAL_STAGE } from "../local/settings.ts";
import { ExchangeClient } from "./client.ts";
import { startStack } from "./stack.ts";

export type StoredExchange = {
  /** In words, for the reader. */
  readonly place: string;
  /** The local engine's; absent on AWS. */
  readonly endpoint?: string;
  readonly tablePrefix: string;
  close(): Promise<void>;
};

const READY_AT_MOST_MS = 120_000;
const nothing = async () => {};

export function defaultUrl(): string {
  return `http://127.0.0.1:${process.env.PORT ?? "3000"}`;
}

/**
 * The exchange at the given address, for which it waits; without an address the one on this machine, which is
 * started where none answers, and then stopped at the end.
 */
export async function reachExchange(
  url: string | undefined,
  say: (text: string) => void,
): Promise<{ readonly url: string; stop(): Promise<unknown> }> {
  const address = url ?? defaultUrl();
  if (await answers(address)) return { url: address, stop: nothing };
  if (url !== undefined) {
    say(`Waiting for an exchange at ${address} ...`);
    const look = async () => (await answers(address)) || undefined;
    if (await until(look, { forMs: READY_AT_MOST_MS, everyMs: 200 })) return { url: address, stop: nothing };
    throw new CannotBegin(`${url}/api/markets has not answered in time`);
  }
  say(`No exchange answers at ${address}; starting one ...`);
  const stack = await startStack({ RATE_LIMITS: "off", ...process.env });
  return { url: address, stop: stack.end };
}

function answers(baseUrl: string): Promise<boolean> {
  const client = new ExchangeClient({ baseUrl, timeoutMs: 3_000 });
  return client.markets().then(
    () => true,
    () => false,
  );
}

/** The exchange of a stage on AWS. */
export function deployedExchange(stage: string): StoredExchange {
  const tablePrefix = loadConfiguration(stage).prefix;
  return { place: `the exchange deployed as ${stage}`, tablePrefix, close: nothing };
}

/** The exchange that runs, or the one that DATA_DIR holds, with an engine of its own for as long as it is looked at. */
export async function openStoredExchange({ DATA_DIR, PORT } = process.env): Promise<StoredExchange> {
  useLocalCredentials();
  if (DATA_DIR) return await openDataDir(resolve(DATA_DIR));
  const running = findRunningStack(PORT ? Number(PORT) : undefined);
  if (running !== undefined) return ofStack(running, `the exchange at ${running.url}`);
  throw new CannotBegin(
    "There is no exchange to verify. Start one (npm start), or name the one that is stored: DATA_DIR=dir npm run verify.\n" +
      "If yours runs on another port, say so: PORT=4000 npm run verify.",
  );
}

function ofStack({ endpoints, tablePrefix }: StackRecord, place: string): StoredExchange {
  return { place, endpoint: endpoints.dynamodb, tablePrefix, close: nothing };
}

async function openDataDir(dataDir: string): Promise<StoredExchange> {
  const running = runningFrom(dataDirRecordPath(dataDir));
  if (running !== undefined) return ofStack(running, `the exchange at ${running.url}, kept in ${dataDir}`);
  const database = join(dataDir, "dynamodb.db");
  if (!existsSync(database)) throw new CannotBegin(`${dataDir} holds no exchange: there is no ${database}.`);
  const { endpoint, stop } = await startDynoxide({ database }).catch((cause: unknown) => {
    throw new CannotBegin(`The engine cannot open ${database}: ${cause}`);
  });
  const tablePrefix = loadConfiguration(LOCAL_STAGE).prefix;
  return { place: `the exchange stored in ${dataDir}`, endpoint, tablePrefix, close: stop };
}
