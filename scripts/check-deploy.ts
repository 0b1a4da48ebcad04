import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definitionFaults } from "./checks/deploy/definitions.ts";
import { marginsOf, tooNear } from "./checks/deploy/limits.ts";
import type { Template } from "./checks/deploy/template.ts";
import { number, text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { alignedTable, heading, print, printError } from "./command/terminal.ts";
import { packageStacks } from "./deploy/package.ts";
import { runServerless, STACKS } from "./deploy/serverless.ts";
import { regionOf } from "./keys/stage.ts";

const HELP = `Checks what would be deployed, without AWS: both stacks' templates against AWS's own definitions of resources and their properties,
and how near they are to AWS's limits.

  npm run check:deploy -- [DIRECTORY] [--margin 10] [--stage dev] [--region R]

DIRECTORY is what npm run package has made; without one, both stacks are packaged first. It fails where something is wrong, or where less
than MARGIN per cent of a limit is left.`;

await runCommand({
  help: HELP,
  options: { margin: number({ least: 0, most: 100 }, 10), stage: text(), region: text() },
  takesFiles: true,
  run: async ({ margin, stage = "dev", region = regionOf(process.env) }, [given]) => {
    if (given !== undefined) return checkStacks(given, margin / 100);
    const directory = mkdtempSync(join(tmpdir(), "cex-pilot-check-"));
    try {
      await packageStacks(directory, { stage, region }, { run: runServerless, stdio: "pipe" });
      return checkStacks(directory, margin / 100);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
});

function checkStacks(directory: string, share: number): number {
  const faults = STACKS.flatMap(({ name }) => checkStack(name, { directory: join(directory, name), share }));
  for (const fault of faults) printError(fault);
  if (faults.length === 0) print("\nBoth stacks can be deployed, as far as files can tell.");
  return faults.length === 0 ? 0 : 1;
}

function checkStack(
  stack: string,
  { directory, share }: { directory: string; share: number },
): readonly string[] {
  const source = readFileSync(join(directory, "cloudformation-template-update-stack.json"), "utf8");
  const template = JSON.parse(source) as Template;
  const zips = readdirSync(directory)
    .filter((file) => file.endsWith(".zip"))
    .map((file) => ({ name: file, bytes: statSync(join(directory, file)).size }));
  const margins = marginsOf({ template, bytes: JSON.stringify(template).length, zips });
  heading(`${stack}: how near AWS's limits are`);
  const columns = [
    ["limit", "left"],
    ["used", "right"],
    ["of", "right"],
    ["left", "right"],
    ["most by", "left"],
  ] as const;
  print(
    alignedTable(
      columns,
      margins.map(({ limit, used, most, by }) => [
        limit,
        used,
        most,
        `${Math.round(100 * (1 - used / most))} %`,
        by,
      ]),
    ),
  );
  return [
    ...definitionFaults(template),
    ...tooNear(margins, share).map(({ limit, used, most }) => `${limit}: ${used} of ${most} is too near`),
  ].map((fault) => `${stack}: ${fault}`);
}
