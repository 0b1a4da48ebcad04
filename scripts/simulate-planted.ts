import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { PLANTED_BUGS, type PlantedBug } from "./simulate/planted-bugs.ts";

const HELP = `Plants bugs into copies of the code, one each, and shows after how many schedules the simulation notices.

  npm run simulate:planted -- [--schedules N] [--seed S] [--only TEXT]

Schedules are counted from seed 1, or from where a bug that few schedules need says, if S is not said.
Ends with 1 where a bug is not noticed within N schedules (2000 if not said).`;

const ROOT = join(import.meta.dirname, "..");
const COPIED = ["lib", "resources", "scripts", "tests/simulation", "package.json"];
const AT_ONCE = 2;

type Catch = { readonly schedules: number; readonly violation: string };

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "2000" },
    seed: { type: "string" },
    only: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help === true) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const bugs = PLANTED_BUGS.filter(({ name }) => values.only === undefined || name.includes(values.only));
  const caught = new Map<string, Catch | undefined>();
  const queue = [...bugs];
  const worker = async (): Promise<void> => {
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const found = await plant(bug);
      caught.set(bug.name, found);
      console.log(
        `${caught.size}/${bugs.length} ${bug.name}: ${found === undefined ? "NOT NOTICED" : `schedule ${found.schedules}`}`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const table = new Table({
    head: ["planted bug", "noticed in schedule", "as"],
    style: { head: [], border: [], compact: true },
    wordWrap: true,
    colWidths: [50, 12, 80],
  });
  for (const { name } of bugs) {
    const found = caught.get(name);
    table.push([name, found?.schedules ?? "not noticed", found?.violation ?? ""]);
  }
  console.log(table.toString());
  const missed = bugs.filter(({ name }) => caught.get(name) === undefined);
  console.log(`${bugs.length - missed.length} of ${bugs.length} planted bugs noticed`);
  return missed.length === 0 && bugs.length > 0 ? 0 : 1;
}

async function plant(bug: PlantedBug): Promise<Catch | undefined> {
  const copy = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const path = join(copy, bug.file);
    const text = readFileSync(path, "utf8");
    if (text.split(bug.find).length !== 2)
      throw new Error(`${bug.name}: its text does not stand exactly once in ${bug.file}`);
    writeFileSync(
      path,
      text.replace(bug.find, () => bug.replace),
    );
    const args = [
      "scripts/simulate.ts",
      "--schedules",
      values.schedules,
      "--seed",
      values.seed ?? String(bug.seed ?? 1),
      "--no-story",
    ];
    const { code, output } = await run(args, copy);
    if (code === 0) return undefined;
    const match = /^seed \d+ \(schedule (\d+)\).*\n\s*(.*)$/m.exec(output);
    if (match === null)
      throw new Error(
        `${bug.name}: the simulation ended otherwise than by a violation:\n${output.slice(-2_000)}`,
      );
    return { schedules: Number(match[1]) + 1, violation: (match[2] ?? "").slice(0, 160) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function run(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
    );
  });
}
