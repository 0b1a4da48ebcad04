import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { argon2Notice } from "../../lib/adapters/argon2.ts";
import { until } from "../command/until.ts";
import { holderOf, isTaken } from "./ports.ts";
import {
  dataDirRecordPath,
  killLeftovers,
  readRecord,
  recordPath,
  recordPaths,
  removeRecord,
  runningFrom,
} from "./record.ts";
import {
  Misconfigured,
  type Ports,
  prepareDirectory,
  removeTemporaryDir,
  type Settings,
} from "./settings.ts";

/** Refuses, with a word on what to do, where the stack could not run; clears away what a killed one left. */
export async function preflight(settings: Settings, say: (line: string) => void): Promise<void> {
  const { dataDir, workDir, ports } = settings;
  const notice = argon2Notice();
  if (notice !== undefined) say(notice);
  const records = recordPaths(settings);
  const places = [
    { directory: dataDir, purpose: "DATA_DIR", record: dataDirRecordPath(dataDir ?? "") },
    { directory: workDir, purpose: "The work directory", record: recordPath(ports.http) },
  ];
  for (const { directory, purpose } of places)
    if (directory !== undefined) prepareDirectory(directory, purpose);
  // Before anything is read that another stack could be writing, and before anything of another stack is ended.
  for (const { directory, purpose, record } of places) {
    if (directory === undefined || claim(directory)) continue;
    const holder = runningFrom(record);
    const who =
      holder === undefined
        ? "starts at this moment"
        : `runs already at ${holder.url} (process ${holder.pid})`;
    throw new Misconfigured(
      purpose === "DATA_DIR"
        ? `A stack with this DATA_DIR ${who}; two would spoil it.`
        : `A stack on port ${ports.http} ${who}. For another one beside it: PORT=${ports.http + 1000} npm start`,
    );
  }
  for (const path of records) {
    const record = readRecord(path);
    const killed = record === undefined ? [] : killLeftovers(record);
    if (killed.length > 0) say(`ended what a stack that was killed had left: ${killed.join(", ")}`);
  }
  removeRecord(records);
  removeTemporaryDir(settings);
  mkdirSync(settings.temporaryDir);
  await checkPorts(settings);
}

const USES: readonly { readonly port: keyof Ports; readonly use: string }[] = [
  { port: "http", use: "the API" },
  { port: "lambda", use: "Lambda's Invoke API, PORT + 2" },
  { port: "dynamodb", use: "DynamoDB, PORT + 5000" },
  { port: "sqs", use: "SQS, PORT + 6324" },
];
const RELEASE_AT_MOST_MS = 500;

async function checkPorts({ ports, givenDynamodbEndpoint }: Settings): Promise<void> {
  const needed = USES.filter(({ port }) => port !== "dynamodb" || givenDynamodbEndpoint === undefined);
  const taken: string[] = [];
  for (const { port, use } of needed) {
    const number = ports[port];
    // A process that has just been ended may hold its port for a moment.
    const isFree = async () => ((await isTaken(number)) ? undefined : true);
    if (await until(isFree, { forMs: RELEASE_AT_MOST_MS, everyMs: 50 })) continue;
    const holder = holderOf(number);
    taken.push(`Port ${number} (${use}) is taken${holder === undefined ? "" : ` by ${holder}`}.`);
  }
  if (taken.length === 0) return;
  throw new Misconfigured(
    `${taken.join("\n")}\nEnd what listens there, or choose other ports: PORT=${ports.http + 1000} npm start`,
  );
}

/** Held until this process ends; a database that nobody refers to would be closed, and its lock with it. */
const claims: DatabaseSync[] = [];

/**
 * Takes a directory for this process alone: by a lock that the kernel gives to one process, and takes back however that one ends. So of
 * two starts at the same moment one wins, and a stack that was killed leaves nothing that would be in the way of the next.
 * @returns whether it is ours.
 */
function claim(directory: string): boolean {
  const database = new DatabaseSync(join(directory, "stack.lock"));
  try {
    database.exec("BEGIN EXCLUSIVE");
    claims.push(database);
    return true;
  } catch (cause) {
    database.close();
    const isHeld = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    if (!isHeld) throw cause;
    return false;
  }
}

const SQLITE_BUSY = 5;
