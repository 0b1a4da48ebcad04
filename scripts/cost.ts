/** `npm run cost`: what a million orders cost on AWS, by what one of them consumes here. */
import { Cleanup } from "./bench/cleanup.ts";
import { measureCost } from "./bench/cost.ts";
import { number } from "./command/options.ts";
import { INTERRUPTED, interruption, runCommand } from "./command/run.ts";
import { figure } from "./command/statistics.ts";
import { heading, print, startStretches, table } from "./command/terminal.ts";
import { billOf, type Consumption, type Position, straightforwardBill, totalOf } from "./cost/bill.ts";
import { startTables, useLocalCredentials } from "./local/engines.ts";

const HELP = `Usage: npm run cost -- [--port N]

What a million orders cost on AWS (us-east-1, on demand, no free tier; scripts/aws-model/prices.ts): units of DynamoDB as the local engine counts
them for the standard flow (batches of ten orders of ten users; half rest, half fill one of those), requests as they follow from the design,
milliseconds from AWS's latencies (scripts/aws-model/latencies.ts). Beside it the straightforward design, counted on paper.

  --port N   the local engine's port (19700)`;

const GOALS = { dollars: 10, writeUnits: 10 };
const OPTIONS = { port: number({ least: 1_024, most: 65_000 }, 19_700) };
const cleanup = new Cleanup();

await runCommand({
  help: HELP,
  options: OPTIONS,
  run: async ({ port }) => {
    const stop = interruption();
    stop.addEventListener("abort", () => void cleanup.run().finally(() => process.exit(INTERRUPTED)));
    const engine = await startTables("cost", { port });
    cleanup.add(engine.stop);
    useLocalCredentials(engine.region);
    const { show, stop: stopShowing } = startStretches();
    let consumed: Consumption;
    try {
      ({ consumed } = await measureCost(engine, show));
    } finally {
      stopShowing();
      await cleanup.run();
    }
    const ours = billOf(consumed);
    const other = straightforwardBill();
    heading("A million orders, US$: this exchange");
    printBill(ours);
    heading("A million orders, US$: the straightforward design, on paper");
    printBill(other);
    const writeUnits = Object.values(consumed).reduce((sum, units) => sum + units.writeUnits, 0);
    print(
      `\nThis exchange takes ${figure(totalOf(ours))} $ (goal: under ${GOALS.dollars}), the straightforward design ` +
        `${figure(totalOf(other) / totalOf(ours))} times as much. ${figure(writeUnits)} write units an order (goal: ${GOALS.writeUnits}).`,
    );
    print(
      "Not in it: storage, alarms and own metrics, cold starts, data that leaves AWS, reads of market data, and what comes without orders: polls of empty queues, and schedules.",
    );
    return 0;
  },
});

function printBill(positions: readonly Position[]): void {
  const total = totalOf(positions);
  const rows = positions.map(({ what, how, dollars }) => [
    what,
    how,
    figure(dollars),
    `${((100 * dollars) / total).toFixed(0)} %`,
  ]);
  print(
    table(["what", "of one order", "$", "share"], [...rows, ["total", "", figure(total), ""]], { left: 2 }),
  );
}
