/** `npm run bench`: what an order costs and how fast it goes, measured on this machine. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { Cleanup } from "./bench/cleanup.ts";
import { measureCost } from "./bench/cost.ts";
import { measureEndToEnd } from "./bench/end-to-end.ts";
import { type Hops, measureHops } from "./bench/hops.ts";
import { measureHostile } from "./bench/hostile.ts";
import { HELP, OPTIONS, type Part } from "./bench/options.ts";
import { measurePackages } from "./bench/packages.ts";
import { type Measured, printTables } from "./bench/report.ts";
import type { Values } from "./command/options.ts";
import { INTERRUPTED, interruption, runCommand } from "./command/run.ts";
import { heading, machine, print, printError, startStretches } from "./command/terminal.ts";
import { wordsOf } from "./command/told.ts";
import { startQueues, startTables, useLocalCredentials } from "./local/engines.ts";

type Context = { readonly options: Values<typeof OPTIONS>; readonly hops: Hops | undefined };

const ENGINE_OFFSETS = { dynamodb: 10, sqs: 11 };
const cleanup = new Cleanup();

await runCommand({
  help: HELP,
  options: OPTIONS,
  run: async (options) => {
    const { only, json } = options;
    const stop = interruption();
    stop.addEventListener("abort", () => {
      printError("\nstopping");
      void cleanup.run().finally(() => process.exit(INTERRUPTED));
    });
    print(machine());
    const startedAt = performance.now();
    const figures: { [part in Part]?: object } = {};
    let isComplete = true;
    let hops: Hops | undefined;
    for (const part of only) {
      heading(`Measuring: ${part} ...`);
      try {
        const measured = await measure(part, { options, hops });
        figures[part] = measured.figures;
        if (part === "hops") hops = measured.figures as Hops;
        printTables(measured.tables);
      } catch (cause) {
        // It failed because what it measured was being ended.
        if (stop.aborted) return INTERRUPTED;
        // What one part lacks must not keep the others from being measured.
        isComplete = false;
        printError(`${part} was not measured: ${wordsOf(cause)}`);
      } finally {
        await cleanup.run();
      }
    }
    print(`\nMeasured in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
    if (json !== undefined) {
      const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model };
      const all = { measuredAt: new Date().toISOString(), machine, ...figures };
      writeFileSync(json, `${JSON.stringify(all, null, 2)}\n`);
      print(`The figures are in ${json}.`);
    }
    return isComplete ? 0 : 1;
  },
});

async function measure(part: Part, { options, hops }: Context): Promise<Measured> {
  const { port, seconds, clients } = options;
  const { show, stop } = startStretches();
  try {
    switch (part) {
      case "cost":
        return await measureCost(await tables(port), show);
      case "hops":
        return await measureHops({ tables: await tables(port), queues: await queues(port) }, show);
      case "end-to-end":
        return await measureEndToEnd({ port, seconds, clients, hops }, { cleanup, show, say: print });
      case "hostile":
        return await measureHostile(createDynamoStore(await tables(port)), show);
      case "packages":
        return await measurePackages(cleanup, show);
    }
  } finally {
    stop();
  }
}

async function tables(port: number) {
  const engine = await startTables("bench", { port: port + ENGINE_OFFSETS.dynamodb });
  useLocalCredentials(engine.region);
  cleanup.add(engine.stop);
  return engine;
}

async function queues(port: number) {
  const engine = await startQueues("bench", { port: port + ENGINE_OFFSETS.sqs });
  cleanup.add(engine.stop);
  return engine;
}
