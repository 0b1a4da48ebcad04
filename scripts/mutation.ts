import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import Table from "cli-table3";
import equivalents from "../tests/mutation/equivalent.json" with { type: "json" };
import { isRoom, ROOMS, type Room } from "../tests/mutation/rooms.ts";
import { forgetStaticSurvivors } from "./mutation/incremental-file.ts";
import { type Equivalent, judge, type Verdict } from "./mutation/judge.ts";

const LEAST_SCORE = 90;

const HELP = `Changes the code in small ways, one at a time ("mutants"), and shows which changes no test notices.

  npm run mutation -- [--room NAME]... [--force]

Rooms: ${Object.keys(ROOMS).join(", ")}; all if none is named, one after the other. Only what changed since the last run is
tested again (.local/mutation keeps the results, also those of a run that is interrupted); --force tests everything. Tens of
minutes for all rooms; not part of CI.

The score is mutants noticed / mutants. Mutants that change nothing which can be observed stand in tests/mutation/equivalent.json
with the reason. Ends with 1 where a room's score is below ${LEAST_SCORE} %, or the list names a mutant that does not survive.`;

const { values } = parseArgs({
  options: {
    room: { type: "string", multiple: true, default: Object.keys(ROOMS) },
    force: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help === true) console.log(HELP);
else process.exitCode = await main(values.room);

async function main(names: readonly string[]): Promise<number> {
  const rooms = names.filter(isRoom);
  if (rooms.length < names.length) {
    console.error(`--room takes one of ${Object.keys(ROOMS).join(", ")}`);
    return 2;
  }
  const verdicts: [Room, Verdict][] = [];
  for (const room of rooms) verdicts.push([room, await mutate(room)]);
  for (const [, verdict] of verdicts) show(verdict);
  console.log(summary(verdicts));
  return verdicts.every(([, { score, stale }]) => score >= LEAST_SCORE && stale.length === 0) ? 0 : 1;
}

async function mutate(room: Room): Promise<Verdict> {
  console.log(`lib/${room}`);
  process.env.MUTATION_ROOM = room;
  const incrementalFile = `.local/mutation/${room}.json`;
  forgetStaticSurvivors(incrementalFile);
  const mutants = await new Stryker({
    mutate: [`lib/${room}/**/*.ts`],
    incrementalFile,
    force: values.force,
  }).runMutationTest();
  return judge(
    mutants,
    (equivalents as readonly Equivalent[]).filter(({ file }) => file.startsWith(`lib/${room}/`)),
  );
}

function show({ equivalent, unexplained, stale }: Verdict): void {
  for (const { place, change, reason } of equivalent)
    console.log(`equivalent   ${place}\n${change}\n  ${reason}\n`);
  for (const { place, change } of unexplained) console.log(`NOT NOTICED  ${place}\n${change}\n`);
  for (const { file, line, replacement } of stale)
    console.log(`listed as equivalent, but does not survive: ${file}\n  ${line}\n  ${replacement}\n`);
}

function summary(verdicts: readonly (readonly [Room, Verdict])[]): string {
  const table = new Table({
    head: [
      "room",
      "mutants",
      "killed",
      "timed out",
      "survived",
      "not covered",
      "of these equivalent",
      "score",
      "without equivalents",
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const [room, { counts, equivalent, score, scoreWithoutEquivalents }] of verdicts) {
    const { killed, timedOut, survived, notCovered } = counts;
    const mutants = killed + timedOut + survived + notCovered;
    table.push([
      room,
      mutants,
      killed,
      timedOut,
      survived,
      notCovered,
      equivalent.length,
      percent(score),
      percent(scoreWithoutEquivalents),
    ]);
  }
  return table.toString();
}

function percent(score: number): string {
  return `${score.toFixed(1)} %`;
}
