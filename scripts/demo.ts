/** `npm run demo`: a room of traders trades for a minute, and then the books are checked. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { heading, print, printError, startProgress } from "./command/terminal.ts";
import { type Crowd, gatherCrowd } from "./demo/crowd.ts";
import { printBalances, printFaults, printMarkets, printTally } from "./demo/report.ts";
import { ExchangeError } from "./exchange/error.ts";
import { defaultUrl, reachExchange } from "./exchange/process.ts";

const HELP = `Usage: npm run demo -- [options]

A room of traders trades on every market of a running exchange, through its public API only, and shows what came of
it. At the end every balance and every book is verified.

  --seconds N       how long they trade (60)
  --traders N       how many they are (12): a third make markets, the others take
  --concurrency N   requests under way at once (8)
  --seed N          the same seed brings the same traders with the same ideas (drawn and printed if not given)
  --url URL         the exchange (${defaultUrl()}; where none answers there, one is started, and stopped again)
  --no-verify       leave the verification out, for an exchange on another machine
  --help            this text

ADMIN_EMAIL and ADMIN_PASSWORD name the admin who credits the traders' deposits (the local stack's own by default).

Exit code: 0 all is well; 1 an unexpected error of the exchange, an order that stayed pending, or a failed
verification; 2 it could not begin.`;

const RETRY_FOR_MS = 20_000;
const INTERRUPTED = 130;
const SETTLE_TIMEOUT_MS = 60_000;

class CannotBegin extends Error {}

type Settings = {
  readonly seconds: number;
  readonly traders: number;
  readonly concurrency: number;
  readonly seed: number;
  readonly url: string | undefined;
  readonly verify: boolean;
};

async function main(): Promise<number> {
  const settings = readSettings();
  if (settings === null) {
    print(HELP);
    return 0;
  }
  const interruption = new AbortController();
  process.on("SIGINT", () =>
    interruption.signal.aborted ? process.exit(INTERRUPTED) : interruption.abort(),
  );
  const exchange = await reachExchange(settings.url, print);
  try {
    const { traders, concurrency, seed } = settings;
    print(`${traders} traders are coming to ${exchange.url} (seed ${seed}) ...`);
    const run = Date.now().toString(36);
    const crowd = await gatherCrowd({
      baseUrl: exchange.url,
      seed,
      traders,
      concurrency,
      run,
      retryForMs: RETRY_FOR_MS,
    });
    const seconds = await trade(crowd, settings.seconds, interruption.signal);
    const pending = await crowd.settle(SETTLE_TIMEOUT_MS);
    await printMarkets(crowd.admin, crowd.markets);
    await printBalances(crowd.traders);
    printTally(crowd, seconds);
    const isFaulty = printFaults(crowd.tally, pending);
    const isVerified = !settings.verify || (await verify(exchange.url));
    await leave(crowd);
    return isFaulty || !isVerified ? 1 : 0;
  } finally {
    await exchange.stop();
  }
}

/** The traders take their orders with them, so that whatever comes next finds empty books. */
async function leave(crowd: Crowd): Promise<void> {
  const names = crowd.markets.map(({ market }) => market);
  await Promise.all(crowd.traders.flatMap(({ client }) => names.map((market) => client.cancelAll(market))));
  print("The traders have cancelled their orders and left.");
}

/** Answers the seconds that it took, to which the rates refer. */
async function trade(crowd: Crowd, seconds: number, interruption: AbortSignal): Promise<number> {
  const progress = startProgress("trading", seconds);
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  crowd.start();
  while (elapsed() < seconds && !interruption.aborted) {
    await sleep(200, undefined, { signal: interruption }).catch(() => {});
    const { accepted, cancels, refused } = crowd.tally;
    const rate = (accepted / elapsed()).toFixed(0);
    progress.update(elapsed(), `${accepted} orders (${rate}/s), ${cancels} cancels, ${refused} refused`);
  }
  await crowd.stop().finally(() => progress.stop());
  return elapsed();
}

async function verify(url: string): Promise<boolean> {
  heading("Verification");
  const root = fileURLToPath(new URL("../", import.meta.url));
  const { port } = new URL(url);
  const child = spawn(process.execPath, ["scripts/verify.ts"], {
    cwd: root,
    env: { ...process.env, ...(port === "" ? {} : { PORT: port }) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) printError("The verification failed.");
  return code === 0;
}

function readSettings(): Settings | null {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      seconds: { type: "string", default: "60" },
      traders: { type: "string", default: "12" },
      concurrency: { type: "string", default: "8" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      url: { type: "string" },
      verify: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const number = (name: "seconds" | "traders" | "concurrency" | "seed", least: number) => {
    const value = Number(values[name]);
    if (!(value >= least) || !Number.isSafeInteger(value)) {
      throw new CannotBegin(`--${name} ${values[name]} is not a whole number from ${least}`);
    }
    return value;
  };
  return {
    seconds: number("seconds", 1),
    traders: number("traders", 2),
    concurrency: number("concurrency", 1),
    seed: number("seed", 0),
    url: values.url,
    verify: values.verify,
  };
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof CannotBegin) {
    printError(error.message);
    return 2;
  }
  const isKnown = error instanceof ExchangeError;
  printError(isKnown || !(error instanceof Error) ? String(error) : (error.stack ?? error.message));
  return 1;
});
