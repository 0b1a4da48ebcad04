import { heading, print, printError, table } from "../command/terminal.ts";
import type { Tally } from "./run.ts";

const SHOWN = 20;

/** What was asked and answered, and every kind of finding once, with a request that shows it. */
export function printReport(tally: Tally, seconds: number): void {
  const { requests, checkpoints, voided } = tally;
  heading("Answers");
  const byStatus = [...tally.statuses].sort(([a], [b]) => a - b);
  print(
    table(
      ["status", "answers"],
      byStatus.map(([status, times]) => [status, times]),
    ),
  );
  print(counted("code", tally.codes));
  heading("Calls");
  const calls = [...tally.operations].sort(([a], [b]) => (a < b ? -1 : 1));
  print(
    table(
      ["call", "succeeded", "refused"],
      calls.map(([id, { succeeded, refused }]) => [id, succeeded, refused]),
    ),
  );
  if (tally.unavailable.size > 0) {
    heading("Temporarily unavailable, with Retry-After");
    print(counted("call", tally.unavailable));
  }
  print(
    `\n${requests} requests in ${seconds.toFixed(0)} s (${(requests / seconds).toFixed(0)}/s); accounts compared around ` +
      `${checkpoints - voided} rounds of refused calls (${voided} more said nothing, since a call was accepted)`,
  );
  if (tally.accepted.size > 0) print(counted("accepted although it was to be refused", tally.accepted));
  for (const { what, times, curl } of [...tally.findings.values()].slice(0, SHOWN))
    printError(`\n${times} x ${what}\n  ${curl}`);
  print(`${tally.findings.size} kinds of findings`);
}

function counted(title: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].sort(([, a], [, b]) => b - a);
  return table([title, "times"], rows);
}
