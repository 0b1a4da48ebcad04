/** `npm run demo`: a room of traders trades for a minute, and then the books are checked. */
import { setTimeout as sleep } from "node:timers/promises";
import { flag, number, text } from "./command/options.ts";
import { interruption, runCommand } from "./command/run.ts";
import { print, startProgress } from "./command/terminal.ts";
import { type Crowd, gatherCrowd } from "./demo/crowd.ts";
import { printBalances, printFaults, printMarkets, printTally } from "./demo/report.ts";
import { defaultUrl, reachExchange } from "./exchange/find.ts";
import { verifyExchange } from "./exchange/script.ts";

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
const SETTLE_TIMEOUT_MS = 60_000;

await runCommand({
  help: HELP,
  options: {
    seconds: number({ least: 1 }, 60),
    traders: number({ least: 2 }, 12),
    concurrency: number({ least: 1 }, 8),
    seed: number({ least: 0 }, Date.now() % 1_000_000),
    url: text(),
    verify: flag(true),
  },
  run: async ({ seconds, traders, concurrency, seed, ...options }) => {
    const stop = interruption();
    const exchange = await reachExchange(options.url, print);
    try {
      print(`${traders} traders are coming to ${exchange.url} (seed ${seed}) ...`);
      const run = Date.now().toString(36);
      const wishes = { seed, traders, concurrency, run, retryForMs: RETRY_FOR_MS };
      const crowd = await gatherCrowd({ baseUrl: exchange.url, ...wishes });
      const took = await trade(crowd, seconds, stop);
      const pending = await crowd.settle(SETTLE_TIMEOUT_MS);
      await printMarkets(crowd.admin, crowd.markets);
      await printBalances(crowd.traders);
      printTally(crowd, took);
      const isFaulty = printFaults(crowd.tally, pending);
      const isVerified = !options.verify || (await verifyExchange(exchange.url));
      await leave(crowd);
      return isFaulty || !isVerified ? 1 : 0;
    } finally {
      await exchange.stop();
    }
  },
});

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
