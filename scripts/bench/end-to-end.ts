import { loginAdmin } from "../client/admin.ts";
import { ExchangeClient } from "../client/exchange-client.ts";
import { reachExchange } from "../client/exchange-process.ts";
import { isTaken } from "../local/ports.ts";
import { portsFrom } from "../local/settings.ts";
import type { Cleanup } from "./cleanup.ts";
import { CannotMeasure } from "./engines.ts";
import type { Hops } from "./hops.ts";
import { type Load, load, type Run, type Stall, type Trader } from "./load.ts";
import type { Measured, ReportTable, Show } from "./report.ts";
import { figure, ratio, type Timing, timed, timingOf } from "./statistics.ts";

export type EndToEndOptions = {
  readonly port: number;
  readonly seconds: number;
  readonly clients: number;
  /** The hops as measured in the same run, where they were. */
  readonly hops: Hops | undefined;
};

const STALLS: readonly Stall[] = [
  { market: "BTC-USDT", price: "64123.45", quantity: "0.001" },
  { market: "ETH-USDT", price: "3123.45", quantity: "0.01" },
  { market: "ETH-BTC", price: "0.05123", quantity: "0.01" },
];
const FUNDS = { BTC: "10000", ETH: "100000", USDT: "1000000000" } as const;
const PASSWORD = "bench-password-1";
const WAIT_SECONDS = 5;
/** Latencies need fewer seconds than a rate does. */
const LATENCY_SECONDS_AT_MOST = 8;
const WARM_UP_SECONDS = 3;
const PLAIN_CALLS = 300;

type RunFigures = Omit<Load, "answersMs" | "errors"> & {
  readonly run: string;
  readonly clients: number;
  readonly answer: Timing;
  readonly errors: { readonly [code: string]: number };
};

/** The whole local stack under load, through its public API only. */
export async function measureEndToEnd(
  options: EndToEndOptions,
  {
    cleanup,
    show,
    say,
  }: { readonly cleanup: Cleanup; readonly show: Show; readonly say: (note: string) => void },
): Promise<Measured> {
  const { port, seconds, clients, hops } = options;
  const url = await startStack(port, { cleanup, say });
  say(`${clients} traders sign up`);
  const traders = await signUp(url, clients);
  const [stall] = STALLS;
  if (stall === undefined) throw new Error("there is no market");
  const one = [stall];
  const hands = traders.map((trader) => [trader]);
  const briefly = Math.min(seconds, LATENCY_SECONDS_AT_MOST);
  const runs: RunFigures[] = [];
  const run = async (name: string, terms: Omit<Run, "onProgress">): Promise<RunFigures> => {
    const onProgress: Run["onProgress"] = (done, orders) =>
      show(name, done, terms.seconds, `${orders} orders`);
    const { answersMs, errors, ...rates } = await load({ ...terms, onProgress });
    const figures = {
      run: name,
      clients: terms.hands.length,
      ...rates,
      answer: timingOf(answersMs),
      errors: Object.fromEntries(errors),
    };
    runs.push(figures);
    return figures;
  };
  // What is loaded and compiled at the first calls is not what the figures are about.
  await load({ stalls: STALLS, hands, seconds: WARM_UP_SECONDS, onProgress: () => {} });
  const plain = await plainCalls(traders);
  const alone = await run("one market, one at a time, Prefer: wait", {
    stalls: one,
    hands: [traders.slice(0, 2)],
    seconds: briefly,
    waitSeconds: WAIT_SECONDS,
  });
  const loaded = await run("one market, Prefer: wait", {
    stalls: one,
    hands,
    seconds: briefly,
    waitSeconds: WAIT_SECONDS,
  });
  const single = await run("one market", { stalls: one, hands, seconds });
  const triple = await run("three markets", { stalls: STALLS, hands, seconds });
  return {
    tables: [throughput([single, triple]), latencies({ plain, alone, loaded, hops })],
    figures: { plainCall: plain, runs },
  };
}

async function startStack(
  port: number,
  { cleanup, say }: { readonly cleanup: Cleanup; readonly say: (note: string) => void },
): Promise<string> {
  for (const wanted of Object.values(portsFrom(port))) {
    if (await isTaken(wanted)) throw new CannotMeasure(`port ${wanted} is taken; choose others with --port`);
  }
  process.env.PORT = String(port);
  process.env.RATE_LIMITS = "off";
  // A stack of its own, with nothing before and nothing left behind.
  delete process.env.DATA_DIR;
  const exchange = await reachExchange(undefined, say);
  cleanup.add(() => exchange.stop());
  return exchange.url;
}

async function signUp(baseUrl: string, clients: number): Promise<readonly Trader[]> {
  const admin = await loginAdmin({ baseUrl });
  const traders: Trader[] = [];
  for (let index = 0; index < clients; index++) {
    const client = new ExchangeClient({ baseUrl });
    const { id: userId } = await client.signUp(`bench-${index}@example.com`, PASSWORD);
    for (const [asset, amount] of Object.entries(FUNDS)) {
      await admin.deposit({ userId, asset, amount, reference: `bench ${index} ${asset}` });
    }
    traders.push({ client, side: index % 2 === 0 ? "sell" : "buy" });
  }
  return traders;
}

/** What any call of a signed-in user takes that does little. */
async function plainCalls([trader]: readonly Trader[]): Promise<Timing> {
  const ms: number[] = [];
  for (let call = 0; call < PLAIN_CALLS; call++) ms.push(await timed(async () => trader?.client.me()));
  return timingOf(ms);
}

function throughput(runs: readonly RunFigures[]): ReportTable {
  const [base] = runs;
  return {
    title: "Orders per second, end to end on this machine (half rest, half fill one of those)",
    columns: [
      "run",
      "clients",
      "orders",
      "seconds",
      "accepted/s",
      "settled/s",
      "ratio",
      "per entry",
      "answer p50 ms",
      "errors",
    ],
    rows: runs.map((run) => [
      run.run,
      run.clients,
      run.orders,
      figure(run.seconds),
      figure(run.acceptedPerSecond),
      figure(run.settledPerSecond),
      ratio(run.settledPerSecond, base?.settledPerSecond ?? 0),
      figure(run.batchSize),
      figure(run.answer.p50),
      errorsOf(run),
    ]),
    notes: [
      "Settled: with an outcome, over the time until the last order had it. The clients share the machine with the exchange.",
    ],
  };
}

function errorsOf({ errors, late }: Pick<RunFigures, "errors" | "late">): string {
  const named = Object.entries(errors).map(([code, count]) => `${code} ${count}`);
  if (late > 0) named.push(`still pending ${late}`);
  return named.length === 0 ? "none" : named.join(", ");
}

type Latencies = {
  readonly plain: Timing;
  readonly alone: RunFigures;
  readonly loaded: RunFigures;
  readonly hops: Hops | undefined;
};

function latencies({ plain, alone, loaded, hops }: Latencies): ReportTable {
  const parts = hops === undefined ? undefined : hops.reserve.p50 + hops.queueHop.p50 + hops.commit.p50;
  const row = (text: string, { answer: { count, p50, p99 }, ...run }: RunFigures): (string | number)[] => [
    text,
    count,
    figure(p50),
    figure(p99),
    ratio(p50, plain.p50),
    parts === undefined ? "" : ratio(p50, parts),
    errorsOf(run),
  ];
  return {
    title: "Command to outcome (ms; POST /api/orders with Prefer: wait=5)",
    columns: ["call", "times", "p50", "p99", "to a plain call", "to its hops", "errors"],
    rows: [
      ["plain call: GET /api/auth/me", plain.count, figure(plain.p50), figure(plain.p99), "1.00 x", "", ""],
      row("an order, one at a time", alone),
      row(`an order, ${loaded.clients} clients (${figure(loaded.settledPerSecond)}/s)`, loaded),
    ],
    notes:
      parts === undefined
        ? []
        : [`Its hops: reserve, queue and commit as measured above, together ${figure(parts)} ms at p50.`],
  };
}
