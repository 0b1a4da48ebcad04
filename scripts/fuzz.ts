/** `npm run fuzz`: strange requests at a running exchange, and what must hold of every answer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { heading, print, printError, startProgress } from "./command/terminal.ts";
import { defaultUrl, reachExchange } from "./exchange/process.ts";
import { readDescription } from "./fuzz/description.ts";
import { gatherCasts } from "./fuzz/gather.ts";
import { printReport } from "./fuzz/report.ts";
import { fuzz } from "./fuzz/run.ts";

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

async function main(): Promise<number> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      requests: { type: "string", default: "5000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      streams: { type: "string", default: "8" },
      url: { type: "string" },
      verify: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const [requests, seed, streams] = [values.requests, values.seed, values.streams].map(Number);
  const isWhole = (number: number | undefined): number is number => Number.isSafeInteger(number);
  if (!isWhole(requests) || !isWhole(seed) || !isWhole(streams) || requests < 1 || streams < 1) {
    printError("--requests, --seed and --streams take whole numbers");
    return 2;
  }
  const exchange = await reachExchange(values.url, print);
  try {
    print(`${requests} requests to ${exchange.url} (seed ${seed}, ${streams} streams)`);
    const { url } = exchange;
    const http = { baseUrl: url, retryForMs: 20_000 };
    const casts = await gatherCasts({ http, seed, streams, run: Date.now().toString(36) });
    const progress = startProgress("fuzzing", requests);
    const startedAt = performance.now();
    const tally = await fuzz({
      url,
      http,
      casts,
      description: await readDescription(url),
      requests,
      onProgress: (so) =>
        progress.update(so.requests, `${so.requests} requests, ${so.findings.size} kinds of findings`),
    }).finally(() => progress.stop());
    printReport(tally, (performance.now() - startedAt) / 1_000);
    const isVerified = !values.verify || (await verify(url));
    return tally.findings.size > 0 || !isVerified ? 1 : 0;
  } finally {
    await exchange.stop();
  }
}

async function verify(url: string): Promise<boolean> {
  heading("Verification");
  const { port } = new URL(url);
  const child = spawn(process.execPath, ["scripts/verify.ts"], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { ...process.env, ...(port === "" ? {} : { PORT: port }) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) printError("The verification failed.");
  return code === 0;
}

process.exitCode = await main().catch((error: unknown) => {
  printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 2;
});
