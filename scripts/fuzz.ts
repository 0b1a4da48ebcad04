/** `npm run fuzz`: strange requests at a running exchange, and what must hold of every answer. */
import { flag, number, text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { print, startProgress } from "./command/terminal.ts";
import { defaultUrl, reachExchange } from "./exchange/find.ts";
import { verifyExchange } from "./exchange/script.ts";
import { readDescription } from "./fuzz/description.ts";
import { gatherCasts } from "./fuzz/gather.ts";
import { printReport } from "./fuzz/report.ts";
import { fuzz, type Tally } from "./fuzz/run.ts";

const HELP = `Usage: npm run fuzz -- [options]

Sends requests made from the OpenAPI description that the exchange serves and mutated at random: types, numbers, texts,
nesting, sizes, content types, headers, tokens, methods, paths, ids and cursors of others, keys used again, one call
many times at once. Of every answer it checks that it is described: no 5xx, errors in the contract's shape with a code
that the call lists, bodies that fit their schema; and that refused calls leave the accounts as they were. Then verifies
the exchange.

  --requests N    how many (5000)
  --seed S        the same seed brings the same requests, as far as the exchange answers alike (drawn if not given)
  --streams N     of requests, side by side (8); each has accounts of its own
  --url URL       the exchange (${defaultUrl()}; where none answers there, one is started, and stopped again)
  --no-verify     leave the verification out, for an exchange on another machine
  --help          this text

ADMIN_EMAIL and ADMIN_PASSWORD name its admin. Calls that are answered 503 with Retry-After are counted and shown.

Exit code: 0 nothing was found; 1 something was, or the verification failed; 2 it could not begin.`;

const RETRY_FOR_MS = 20_000;

await runCommand({
  help: HELP,
  options: {
    requests: number({ least: 1 }, 5_000),
    seed: number({ least: 0 }, Date.now() % 1_000_000),
    streams: number({ least: 1 }, 8),
    url: text(),
    verify: flag(true),
  },
  run: async ({ requests, seed, streams, ...options }) => {
    const exchange = await reachExchange(options.url, print);
    try {
      const { url } = exchange;
      print(`${requests} requests to ${url} (seed ${seed}, ${streams} streams)`);
      const http = { baseUrl: url, retryForMs: RETRY_FOR_MS };
      const casts = await gatherCasts({ http, seed, streams, run: Date.now().toString(36) });
      const description = await readDescription(url);
      const progress = startProgress("fuzzing", requests);
      const onProgress = (so: Tally) =>
        progress.update(so.requests, `${so.requests} requests, ${so.findings.size} kinds of findings`);
      const startedAt = performance.now();
      const tally = await fuzz({ url, http, casts, description, requests, onProgress }).finally(() =>
        progress.stop(),
      );
      printReport(tally, (performance.now() - startedAt) / 1_000);
      const isVerified = !options.verify || (await verifyExchange(url));
      return tally.findings.size > 0 || !isVerified ? 1 : 0;
    } finally {
      await exchange.stop();
    }
  },
});
