import { holderOf, isTaken } from "./ports.ts";
import {
  dataDirRecordPath,
  isSupervisor,
  killLeftovers,
  readRecord,
  recordPath,
  removeRecord,
} from "./record.ts";
import { Misconfigured, type Ports, prepareDirectory, type Settings } from "./settings.ts";

/** Refuses, with a word on what to do, where the stack could not run; clears away what a killed one left. */
export async function preflight(settings: Settings, say: (line: string) => void): Promise<void> {
  const { dataDir, workDir, ports } = settings;
  if (dataDir !== undefined) prepareDirectory(dataDir, "DATA_DIR");
  prepareDirectory(workDir, "The work directory");
  for (const path of [
    recordPath(ports.http),
    ...(dataDir === undefined ? [] : [dataDirRecordPath(dataDir)]),
  ]) {
    const record = readRecord(path);
    if (record === undefined) continue;
    if (isSupervisor(record.pid)) {
      throw new Misconfigured(
        record.dataDir !== null && record.dataDir === dataDir
          ? `A stack with this DATA_DIR runs already at ${record.url} (process ${record.pid}); two would spoil it.`
          : `A stack runs already at ${record.url} (process ${record.pid}). For another one beside it: PORT=${ports.http + 1000} npm start`,
      );
    }
    const killed = killLeftovers(record);
    if (killed.length > 0) say(`ended what a stack that was killed had left: ${killed.join(", ")}`);
    removeRecord([path]);
  }
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
    if (!(await staysTaken(number))) continue;
    const holder = holderOf(number);
    taken.push(`Port ${number} (${use}) is taken${holder === undefined ? "" : ` by ${holder}`}.`);
  }
  if (taken.length === 0) return;
  throw new Misconfigured(
    `${taken.join("\n")}\nEnd what listens there, or choose other ports: PORT=${ports.http + 1000} npm start`,
  );
}

/** A process that has just been ended may hold its port for a moment. */
async function staysTaken(port: number): Promise<boolean> {
  const deadline = Date.now() + RELEASE_AT_MOST_MS;
  while (await isTaken(port)) {
    if (Date.now() > deadline) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
