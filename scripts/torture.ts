/** `npm run torture`: a crowd trades while processes of the exchange are killed, and then everything has to be there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { INTERRUPTED, interruption, runCommand } from "./command/run.ts";
import { print, printError } from "./command/terminal.ts";
import { CannotBegin } from "./command/told.ts";
import { HELP, optionsWith, withRounds } from "./torture/options.ts";
import { printSummary } from "./torture/report.ts";
import { torture } from "./torture/run.ts";
import { TorturedStack } from "./torture/tortured-stack.ts";

const LARGEST_SEED = 1_000_000_000;
const SHOWN = 20;

await runCommand({
  help: HELP,
  options: optionsWith(Date.now() % LARGEST_SEED),
  run: async (given) => {
    const options = withRounds(given);
    const { seed, port } = options;
    const isOurs = options.dataDir === undefined;
    const dataDir =
      options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "torture-")) : emptyDir(options.dataDir);
    const stack = new TorturedStack(port, dataDir);
    const stop = interruption();
    print(`seed ${seed}, port ${port}, state in ${dataDir}`);
    const startedAt = performance.now();
    let isWorthKeeping = !isOurs;
    process.once("exit", () => {
      stack.clearAway();
      if (!isWorthKeeping) rmSync(dataDir, { recursive: true, force: true });
    });
    try {
      const summary = await torture(stack, { ...options, dataDir }, stop);
      printSummary(summary, (performance.now() - startedAt) / 1_000);
      if (summary.differences.length === 0) return stop.aborted ? INTERRUPTED : 0;
      isWorthKeeping = true;
      for (const difference of summary.differences.slice(0, SHOWN)) printError(`  ${difference}`);
      printError(`The exchange is kept in ${dataDir}; the same kills again: --seed ${seed}`);
      return 1;
    } catch (cause) {
      if (cause instanceof CannotBegin) throw cause;
      isWorthKeeping = true;
      printError(`The exchange is kept in ${dataDir}; seed ${seed}. The stack said:\n${stack.lastWords}`);
      throw cause;
    } finally {
      await stack.stop();
    }
  },
});

function emptyDir(text: string): string {
  const directory = resolve(text);
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new CannotBegin(`--data-dir ${directory} is not empty, and what is in there must not be tortured`);
  mkdirSync(directory, { recursive: true });
  return directory;
}
