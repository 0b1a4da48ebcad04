/**
 * `npm start`: the whole exchange on this machine. Environment: PORT (3000), DATA_DIR (none: state is kept in memory), ADMIN_EMAIL,
 * ADMIN_PASSWORD, RATE_LIMITS (off, or a share), DYNAMODB_ENDPOINT (another DynamoDB engine than the stack's own).
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { wordsOf } from "./command/told.ts";
import { PROJECT_ROOT } from "./local/configuration.ts";
import { type Settings, settingsFrom } from "./local/settings.ts";
import type { Supervisor } from "./local/supervisor.ts";

const HARD_EXIT = 130;
const SAME_WISH_MS = 500;
const began = performance.now();
let supervisor: Supervisor | undefined;
/** When the first wish to stop came; npm forwards a Ctrl-C that the terminal has sent to everybody already. */
let stoppingSince: number | undefined;

enableCompileCache(join(PROJECT_ROOT, ".local", "compile-cache"));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

try {
  const settings = settingsFrom(process.env);
  // What a check can refuse is refused before the rest of the program is even loaded.
  const { preflight } = await import("./local/preflight.ts");
  await preflight(settings, say);
  const { Supervisor } = await import("./local/supervisor.ts");
  supervisor = new Supervisor(settings, say);
  supervisor.onHopeless = (reason) => void fail(reason);
  await supervisor.start();
  if (stoppingSince === undefined) welcome(settings);
} catch (cause) {
  await fail(wordsOf(cause));
}

function say(line: string): void {
  if (stoppingSince === undefined) console.log(`  ${line}`);
}

async function fail(reason: string): Promise<void> {
  if (stoppingSince !== undefined) return;
  console.error(`\nThe stack cannot run.\n${reason}`);
  await stop(1);
}

async function stop(exitCode: number): Promise<void> {
  if (stoppingSince !== undefined) {
    if (performance.now() - stoppingSince < SAME_WISH_MS) return;
    supervisor?.kill();
    process.exit(HARD_EXIT);
  }
  stoppingSince = performance.now();
  if (supervisor !== undefined) console.log("\nstopping; Ctrl-C again ends it at once");
  await supervisor?.stop();
  if (exitCode === 0) console.log("stopped");
  process.exit(exitCode);
}

function welcome({ ports, dataDir, logDir, admin }: Settings): void {
  const url = `http://127.0.0.1:${ports.http}`;
  const password = process.env.ADMIN_PASSWORD ? "as in ADMIN_PASSWORD" : admin.password;
  console.log(`
CEX Pilot is ready at ${url} after ${((performance.now() - began) / 1000).toFixed(1)} s

  admin          ${admin.email} / ${password}
  state          ${dataDir ?? "in memory; DATA_DIR=./data npm start keeps it"}
  logs           ${logDir}

Try:
  curl ${url}/api/markets
  curl ${url}/api/markets/BTC-USDT/orderbook
  curl ${url}/api/auth/login -H 'content-type: application/json' -d '{"email":"${admin.email}","password":"..."}'
  npm run demo

Ctrl-C stops it.`);
}
