/** `npm run recovery`: how long a cold matcher needs until it is ready, measured on this machine. */
import { cpus, loadavg } from "node:os";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { startDynoxide } from "../tests/support/dynoxide.ts";
import { heading, print, printError } from "./command/terminal.ts";
import { measureBigBook, measureTail } from "./recovery/measure.ts";
import { CannotBegin, HELP, type Options, readOptions } from "./recovery/options.ts";
import { missedGoals, reportOf } from "./recovery/report.ts";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  // What the engine and the recoveries run in ends with this process.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(130));
  const engine = await startDynoxide("recovery");
  try {
    const { endpoint, tablePrefix, region, credentials } = engine;
    process.env.AWS_REGION = region;
    process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
    return await measure({ endpoint, tablePrefix }, options);
  } finally {
    await engine.stop();
  }
}

async function measure(
  { endpoint, tablePrefix }: { readonly endpoint: string; readonly tablePrefix: string },
  options: Options,
): Promise<number> {
  const [cpu] = cpus();
  print(`Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown processor"}`);
  const store = createDynamoStore({ tablePrefix, endpoint });
  const bench = { store, endpoint, tablePrefix, options, say: print };
  const measurements = [...(await measureBigBook(bench)), ...(await measureTail(bench))];
  heading("Recoveries of a fresh process");
  print(reportOf(measurements));
  print(
    `Times from the call of recover() to its end, of ${options.rounds} rounds; several tries are added up. cpu ms: of all threads. store ms: waiting\n` +
      "for the store. since start: from the start of the process, with its modules. entries: replayed after the last snapshot.",
  );
  const load = loadavg()[0] ?? 0;
  if (load > cpus().length)
    print(
      `The machine is busy (load ${load.toFixed(1)} on ${cpus().length} processors): only the cpu ms are to be trusted.`,
    );
  const missed = missedGoals(measurements);
  for (const line of missed) printError(line);
  if (missed.length === 0) print("All goals are met, and all states are equal.");
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  printError(
    error instanceof CannotBegin ? `${error.message}\n\n${HELP}` : String((error as Error).stack ?? error),
  );
  return error instanceof CannotBegin ? 2 : 1;
});
// The SDK's sockets to an engine that is gone may still be open.
process.exit();
