/** `npm run bench:growth`: whether anything costs more because the exchange has grown. */
import { Cleanup } from "./bench/cleanup.ts";
import { measureGrowth } from "./bench/growth/measure.ts";
import { growthTable, reconciliationText, verdictOf } from "./bench/growth/report.ts";
import { printTables } from "./bench/report.ts";
import { number } from "./command/options.ts";
import { INTERRUPTED, interruption, runCommand } from "./command/run.ts";
import { print, printError } from "./command/terminal.ts";
import { startTables, useLocalCredentials } from "./local/engines.ts";

const HELP = `What each endpoint and worker costs (read units, write units, calls of the store) with 100, 10,000 and 100,000 live orders and with 10 and 10,000
users: by the use cases themselves around a DynamoDB engine of its own, which tells exactly what each call consumes. Who is measured has the same
history at every size; the crowd around them is written straight into the tables.

  npm run bench:growth
  npm run bench:growth -- --wallets 190000    as many more wallets to be reconciled (0)
  npm run bench:growth -- --port 19520        the engine's port

At last all wallets are reconciled, in invocations of 5 seconds: that grows with the wallets, but no invocation does.
A call is flat where the most is at most 1.1 times the least, or within one unit or call (units are counted by begun pages).
Left out: a cold start, which reads the market's snapshot; and the resolution of a suspended order, which reads all orders of its user.

Exit code: 0 everything is flat; 1 something grows, or the money does not add up; 2 it could not begin.`;

const cleanup = new Cleanup();

await runCommand({
  help: HELP,
  options: {
    wallets: number({ least: 0, most: 1_000_000 }, 0),
    port: number({ least: 1_024, most: 59_000 }, 19_520),
  },
  run: async ({ port, wallets }) => {
    interruption().addEventListener("abort", () => {
      void cleanup.run().finally(() => process.exit(INTERRUPTED));
    });
    try {
      const engine = await startTables("growth", { port });
      useLocalCredentials(engine.region);
      cleanup.add(engine.stop);
      const { rows, reconciled } = await measureGrowth({ ...engine, wallets }, print);
      const verdicts = rows.map(verdictOf);
      printTables([growthTable(verdicts)]);
      print(reconciliationText(reconciled));
      if (!reconciled.isBalanced) return 1;
      const growing = verdicts.filter(({ isFlat }) => !isFlat);
      for (const { name } of growing) printError(`grows: ${name}`);
      if (growing.length === 0) print(`All ${verdicts.length} are flat.`);
      return growing.length === 0 ? 0 : 1;
    } finally {
      await cleanup.run();
    }
  },
});
