/** `npm run torture`: a crowd trades while processes of the exchange are killed, and then everything has to be there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { print, printError } from "./command/terminal.ts";
import { CannotBegin, HELP, readOptions } from "./torture/options.ts";
import { printSummary } from "./torture/report.ts";
import { torture } from "./torture/run.ts";
import { TorturedStack } from "./torture/tortured-stack.ts";

const INTERRUPTED = 130;
const LARGEST_SEED = 1_000_000_000;
const SHOWN = 20;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Date.now() % LARGEST_SEED);
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  const dataDir =
    options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "torture-")) : emptyDir(options.dataDir);
  const isOurs = options.dataDir === undefined;
  const stack = new TorturedStack({ port: options.port, dataDir });
  const interruption = new AbortController();
  const interrupt = () => (interruption.signal.aborted ? process.exit(INTERRUPTED) : interruption.abort());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);

  print(`seed ${options.seed}, port ${options.port}, state in ${dataDir}`);
  const startedAt = performance.now();
  let isWorthKeeping = !isOurs;
  process.once("exit", () => {
    stack.endAtOnce();
    if (!isWorthKeeping) rmSync(dataDir, { recursive: true, force: true });
  });
  try {
    const summary = await torture(stack, { ...options, dataDir }, interruption.signal);
    printSummary(summary, (performance.now() - startedAt) / 1_000);
    if (summary.differences.length > 0) {
      isWorthKeeping = true;
      for (const difference of summary.differences.slice(0, SHOWN)) printError(`  ${difference}`);
      printError(`The exchange is kept in ${dataDir}; the same kills again: --seed ${options.seed}`);
      return 1;
    }
    return interruption.signal.aborted ? INTERRUPTED : 0;
  } catch (cause) {
    if (cause instanceof CannotBegin) throw cause;
    isWorthKeeping = true;
    printError(
      `The exchange is kept in ${dataDir}; seed ${options.seed}. The stack said:\n${stack.lastWords}`,
    );
    throw cause;
  } finally {
    await stack.stop();
  }
}

function emptyDir(text: string): string {
  const directory = resolve(text);
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new CannotBegin(`--data-dir ${directory} is not empty, and what is in there must not be tortured`);
  mkdirSync(directory, { recursive: true });
  return directory;
}

const exitCode = await main().catch((error: unknown) => {
  if (error instanceof CannotBegin) {
    printError(error.message);
    return 2;
  }
  printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
});
// After an interruption traders are still repeating their last calls; nobody waits for them.
process.exit(exitCode);
