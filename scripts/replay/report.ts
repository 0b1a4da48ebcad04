import { print, printError, table } from "../command/terminal.ts";
import type { Level } from "../exchange/types.ts";
import type { ReplayReport } from "./run.ts";

const SHOWN_SURPRISES = 5;

export function printReport(
  report: ReplayReport,
  sent: { calls: number; surprises: readonly string[] },
): void {
  const rate = (count: number) => (count / Math.max(report.seconds, 0.001)).toFixed(1);
  print();
  print(
    table(
      ["replay", ""],
      [
        ["messages", report.messages],
        ["skipped (nothing visible)", report.skipped],
        ["compared", report.compared],
        ["equal", report.compared - report.differing],
        ["differing", report.differing],
        ["levels taken from the record as they came into view", report.levelsFromRecord],
        ["orders placed anew after a part was cancelled", report.requeued],
        ["orders and cancels sent", sent.calls],
        ["seconds", report.seconds.toFixed(1)],
        ["messages / s", rate(report.messages)],
      ],
    ),
  );
  if (report.firstDifference !== undefined) printDifference(report.firstDifference);
  if (sent.surprises.length === 0) return;
  printError(
    `\n${sent.surprises.length} time(s) the exchange did not do what the record's order flow implies:`,
  );
  for (const surprise of sent.surprises.slice(0, SHOWN_SURPRISES)) printError(`  ${surprise}`);
}

function printDifference({ message, version, sides }: NonNullable<ReplayReport["firstDifference"]>): void {
  const { index, time, type, orderId, size, price, side } = message;
  print(`\nThe first difference is after message ${index + 1} (the exchange's book at version ${version}):`);
  print(`  time ${time}, type ${type}, order ${orderId}, ${side}, size ${size}, price ${price}`);
  for (const { name, ...levels } of sides) {
    const rows = Array.from({ length: Math.max(levels.recorded.length, levels.exchange.length) }, (_, at) => {
      const recorded = written(levels.recorded[at]);
      const exchange = written(levels.exchange[at]);
      return [at + 1, recorded, exchange, recorded === exchange ? "" : "differs"];
    });
    print(table([name, "recorded", "exchange", ""], rows, { left: 4 }));
  }
}

function written(level: Level | undefined): string {
  return level === undefined ? "-" : `${level[1]} at ${level[0]}`;
}
