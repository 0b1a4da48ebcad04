import { parseArgs } from "node:util";
import Table from "cli-table3";
import { CALL_FAULTS, WORLD_FAULTS } from "../tests/simulation/adversary.ts";
import { KNOWN_FAILURES } from "../tests/simulation/known-failures.ts";
import { runSchedule, type ScheduleResult } from "../tests/simulation/schedule.ts";
import { shorten } from "../tests/simulation/shorten.ts";

const HELP = `Throws faults at the exchange's own code, in a world without real time, and checks the invariants.

  npm run simulate -- [--schedules N] [--seed S] [--no-story]

A schedule is traffic, an interleaving and faults that follow from its seed; --seed S --schedules N runs the seeds S to S+N-1.
Ends with 1 and the story of the shortest schedule found that breaks an invariant, or where, in 1000 schedules and more,
a fault or a branch of the protocol was never met.`;

/** What the protocol's branches say when they are taken; a run that never takes one shows nothing about it. */
const BRANCHES = [
  "log batch_committed",
  "log batch_failed",
  "log redelivery_not_set",
  "commit_busy",
  "transactions_met",
  "log wallet_contended",
  "log commit_refused fence_ours",
  "log commit_refused fence_lost",
  "log commit_refused not_pending",
  "log commit_refused broken",
  "log invariant_broken",
  "log market_recovered",
  "log snapshot_damaged",
  "log order_not_enqueued",
  "log pending_orders_voided",
  "log desired_states_resent",
  "log suspended_order_release",
  "log suspended_order_cancel",
  "log suspended_order_cancelled_short",
  "unreadable_message",
] as const;
const ENOUGH_TO_MEET_ALL = 1_000;
const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    "no-story": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = await simulate(wholeNumber("schedules"), wholeNumber("seed"));

function wholeNumber(name: "schedules" | "seed"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} takes a whole number, not ${values[name]}`);
  process.exit(2);
}

async function simulate(schedules: number, seed: number): Promise<number> {
  console.log(`${schedules} schedules from seed ${seed}`);
  const startedMs = performance.now();
  const perSecond = (done: number): string => ((done * 1_000) / (performance.now() - startedMs)).toFixed(0);
  const hits = new Map<string, number>();
  let shownMs = startedMs;
  const seeds = [...KNOWN_FAILURES, ...Array.from({ length: schedules }, (_, index) => seed + index)];
  for (const [index, each] of seeds.entries()) {
    const done = index - KNOWN_FAILURES.length;
    const result = await runSchedule({ seed: each });
    if (result.violations.length > 0) return await tell(result, index);
    for (const [name, count] of result.hits) hits.set(name, (hits.get(name) ?? 0) + count);
    if (performance.now() - shownMs < PROGRESS_MS) continue;
    shownMs = performance.now();
    console.log(`  ${done + 1} of ${schedules}, ${perSecond(done + 1)}/s`);
  }
  const never = printCoverage(hits);
  console.log(`${schedules} schedules, ${perSecond(schedules)}/s, no violation`);
  if (never.length === 0 || schedules < ENOUGH_TO_MEET_ALL) return 0;
  console.error(`never met: ${never.join(", ")}`);
  return 1;
}

/** @returns what was never met. */
function printCoverage(hits: ReadonlyMap<string, number>): readonly string[] {
  const table = new Table({ head: ["met", "times"], style: { head: [], border: [], compact: true } });
  const names = [...CALL_FAULTS, ...WORLD_FAULTS, ...BRANCHES];
  for (const name of names)
    table.push([name.replace("log ", ""), { content: hits.get(name) ?? 0, hAlign: "right" }]);
  console.log(table.toString());
  return names.filter((name) => hits.get(name) === undefined);
}

async function tell(failing: ScheduleResult, index: number): Promise<number> {
  const { seed, actions, faults } = failing;
  console.error(`seed ${seed} (schedule ${index}): ${actions} actions, ${faults} faults`);
  for (const violation of failing.violations.slice(0, 10)) console.error(`  ${violation}`);
  if (values["no-story"]) return 1;
  console.error("shortening it ...");
  const short = await shorten(failing);
  console.error("the shortest that still fails:");
  for (const violation of short.violations.slice(0, 10)) console.error(`  ${violation}`);
  for (const line of short.story) console.error(`    ${line}`);
  return 1;
}
