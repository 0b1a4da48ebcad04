/** `npm run bench`: what an order costs and how fast it goes, measured on this machine. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Cleanup } from "./bench/cleanup.ts";
import { measureCost } from "./bench/cost.ts";
import { measureEndToEnd } from "./bench/end-to-end.ts";
import { CannotMeasure, type Engines, startEngines } from "./bench/engines.ts";
import { type Hops, measureHops } from "./bench/hops.ts";
import { CannotBegin, HELP, type Options, type Part, readOptions } from "./bench/options.ts";
import { measurePackages } from "./bench/packages.ts";
import { type Measured, printTables, type Show } from "./bench/report.ts";
import { heading, type Progress, print, printError, startProgress } from "./command/terminal.ts";

const INTERRUPTED = 130;
const ENGINE_OFFSETS = { dynamodb: 10, sqs: 11 };

const cleanup = new Cleanup();
let isInterrupted = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (!isInterrupted) printError("\nstopping");
    isInterrupted = true;
    void cleanup.run().finally(() => process.exit(INTERRUPTED));
  });
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  const [cpu] = cpus();
  print(`Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown processor"}`);
  const startedAt = performance.now();
  const figures: { [part in Part]?: object } = {};
  let isComplete = true;
  let hops: Hops | undefined;
  for (const part of options.parts) {
    heading(`Measuring: ${part} ...`);
    try {
      const measured = await measure(part, { options, hops });
      figures[part] = measured.figures;
      if (part === "hops") hops = measured.figures as Hops;
      printTables(measured.tables);
    } catch (cause) {
      // It failed because what it measured was being ended.
      if (isInterrupted) return INTERRUPTED;
      // What one part lacks must not keep the others from being measured.
      isComplete = false;
      printError(`${part} was not measured: ${wordsOf(cause)}`);
    } finally {
      await cleanup.run();
    }
  }
  print(`\nMeasured in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
  if (options.json !== undefined) {
    const machine = { node: process.version, processors: cpus().length, model: cpu?.model };
    writeFileSync(
      options.json,
      `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, ...figures }, null, 2)}\n`,
    );
    print(`The figures are in ${options.json}.`);
  }
  return isComplete ? 0 : 1;
}

type Context = { readonly options: Options; readonly hops: Hops | undefined };

async function measure(part: Part, { options, hops }: Context): Promise<Measured> {
  const { port, seconds, clients } = options;
  const { show, stop } = progressLine();
  try {
    switch (part) {
      case "cost":
        return await measureCost(await engines(port), show);
      case "hops":
        return await measureHops(await engines(port), show);
      case "end-to-end":
        return await measureEndToEnd({ port, seconds, clients, hops }, { cleanup, show, say: print });
      case "packages":
        return await measurePackages(cleanup, show);
    }
  } finally {
    stop();
  }
}

function engines(port: number): Promise<Engines> {
  const { dynamodb, sqs } = ENGINE_OFFSETS;
  return startEngines({ dynamodb: port + dynamodb, sqs: port + sqs }, cleanup);
}

/** A bar for each stretch of work, one after the other. */
function progressLine(): { readonly show: Show; readonly stop: () => void } {
  let title = "";
  let bar: Progress | undefined;
  return {
    show: (name, done, total, note) => {
      if (name !== title) bar?.stop();
      if (bar === undefined || name !== title) bar = startProgress(name, total);
      title = name;
      bar.update(done, note);
    },
    stop: () => bar?.stop(),
  };
}

function wordsOf(cause: unknown): string {
  if (cause instanceof CannotMeasure || !(cause instanceof Error))
    return cause instanceof Error ? cause.message : String(cause);
  return cause.stack ?? cause.message;
}

process.exitCode = await main().catch((error: unknown) => {
  printError(error instanceof CannotBegin ? `${error.message}\n\n${HELP}` : wordsOf(error));
  return error instanceof CannotBegin ? 2 : 1;
});
// Clients of engines that are gone may still hold sockets.
process.exit();
