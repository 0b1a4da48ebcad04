import { parseArgs } from "node:util";
import { CALL_FAULTS, WORLD_FAULTS } from "../tests/simulation/adversary.ts";
import { runSchedule } from "../tests/simulation/schedule.ts";
import { shorten } from "../tests/simulation/shorten.ts";

const HELP = `Throws faults at the exchange's own code, in a world without real time, and checks the invariants.

  npm run simulate -- [--schedules N] [--seed S]

A schedule is traffic, an interleaving and faults that follow from its seed: schedule I of seed S is seed S+I of a single one.
Ends with 1 and the story of the first schedule that breaks an invariant.`;

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string" },
    "no-story": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help === true) console.log(HELP);
else
  process.exitCode = await simulate(
    Number(values.schedules ?? 200),
    Number(values.seed ?? Date.now() % 1_000_000_000),
  );

async function simulate(schedules: number, seed: number): Promise<number> {
  console.log(`seed ${seed}, ${schedules} schedules`);
  const startedMs = performance.now();
  const hits = new Map<string, number>();
  let shownMs = startedMs;
  for (let index = 0; index < schedules; index++) {
    const result = await runSchedule({ seed: seed + index });
    for (const [name, count] of result.hits) hits.set(name, (hits.get(name) ?? 0) + count);
    if (result.violations.length > 0) {
      console.error(
        `seed ${result.seed} (schedule ${index}): ${result.deeds} deeds, ${result.faults} faults`,
      );
      for (const violation of result.violations.slice(0, 10)) console.error(`  ${violation}`);
      if (values["no-story"] === true) return 1;
      console.error("shortening the schedule ...");
      const short = await shorten(result);
      console.error("the shortest found that still fails:");
      for (const violation of short.violations.slice(0, 10)) console.error(`  ${violation}`);
      for (const line of short.story) console.error(`    ${line}`);
      return 1;
    }
    if (performance.now() - shownMs > 5_000) {
      shownMs = performance.now();
      console.log(
        `  ${index + 1} schedules, ${(((index + 1) * 1_000) / (shownMs - startedMs)).toFixed(0)}/s`,
      );
    }
  }
  const perSecond = (schedules * 1_000) / (performance.now() - startedMs);
  console.log(`${schedules} schedules, ${perSecond.toFixed(1)}/s, no violation`);
  for (const name of [...CALL_FAULTS, ...WORLD_FAULTS]) console.log(`  ${name}: ${hits.get(name) ?? 0}`);
  for (const [name, count] of [...hits]
    .filter(([name]) => name.includes("log ") || name.includes("_"))
    .sort()) {
    if (!(name in CALL_FAULTS)) console.log(`  ${name}: ${count}`);
  }
  return 0;
}
