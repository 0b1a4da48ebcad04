/** `npm run recovery`: how long a cold matcher needs until it is ready, measured on this machine. */
import { cpus, loadavg } from "node:os";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { INTERRUPTED, runCommand } from "./command/run.ts";
import { heading, machine, print, printError } from "./command/terminal.ts";
import { startTables, useLocalCredentials } from "./local/engines.ts";
import { measureBigBook, measureTail } from "./recovery/measure.ts";
import { HELP, OPTIONS } from "./recovery/options.ts";
import { missedGoals, reportOf } from "./recovery/report.ts";

await runCommand({
  help: HELP,
  options: OPTIONS,
  run: async (options) => {
    // What the engine and the recoveries run in ends with this process.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => process.exit(INTERRUPTED));
    const { endpoint, tablePrefix, region, stop } = await startTables("recovery");
    useLocalCredentials(region);
    try {
      print(machine());
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
    } finally {
      await stop();
    }
  },
});
