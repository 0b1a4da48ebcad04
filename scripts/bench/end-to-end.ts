import { type Timing, timed, timingOf } from "../command/statistics.ts";
import { Told } from "../command/told.ts";
import { loginAdmin, newTrader } from "../exchange/client.ts";
import { startStack } from "../exchange/stack.ts";
import { isTaken } from "../local/ports.ts";
import { portsFrom } from "../local/settings.ts";
import type { Cleanup } from "./cleanup.ts";
import { endToEndReport } from "./end-to-end-report.ts";
import type { Hops } from "./hops.ts";
import { type Load, load, type Run, type Stall, type Trader, together } from "./load.ts";
import type { Measured, Show } from "./report.ts";

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
const WAIT_SECONDS = 5;
/** Latencies need fewer seconds than a rate does. */
const LATENCY_SECONDS_AT_MOST = 8;
const WARM_UP_SECONDS = 3;
const PLAIN_CALLS = 300;
const PLAIN_SECONDS = 2;
const ROUNDS = 2;

type Context = { readonly cleanup: Cleanup; readonly show: Show; readonly say: (note: string) => void };

/** The whole local stack under load, through its public API only. */
export async function measureEndToEnd(
  { port, seconds, clients, hops }: EndToEndOptions,
  { cleanup, show, say }: Context,
): Promise<Measured> {
  const url = await ownStack(port, { cleanup, say });
  say(`${clients} traders sign up`);
  const traders = await signUp(url, clients);
  const hands = traders.map((trader) => [trader]);
  const oneMarket = STALLS.slice(0, 1);
  const run = (name: string, terms: Omit<Run, "onProgress">): Promise<Load> =>
    load({ ...terms, onProgress: (done, orders) => show(name, done, terms.seconds, `${orders} orders`) });
  // What is loaded and compiled at the first calls is not what the figures are about.
  await run("warming up", { stalls: STALLS, hands, seconds: WARM_UP_SECONDS });
  const waiting = {
    stalls: oneMarket,
    seconds: Math.min(seconds, LATENCY_SECONDS_AT_MOST),
    waitSeconds: WAIT_SECONDS,
  };
  const plain = await plainCalls(traders);
  const alone = await run("one market, one order at a time", { ...waiting, hands: [traders.slice(0, 2)] });
  const crowd = await run("one market, each waits for the outcome", { ...waiting, hands });
  const one: Load[] = [];
  const three: Load[] = [];
  const calls: number[] = [];
  // In turns, so that a slow moment of the machine meets all of them.
  for (let round = 1; round <= ROUNDS; round++) {
    const share = { hands, seconds: seconds / ROUNDS };
    calls.push(await plainCallsPerSecond(traders));
    one.push(await run(`one market, ${round} of ${ROUNDS}`, { ...share, stalls: oneMarket }));
    three.push(await run(`three markets, ${round} of ${ROUNDS}`, { ...share, stalls: STALLS }));
  }
  return endToEndReport({
    clients,
    plainCall: plain,
    plainCallsPerSecond: calls.reduce((sum, rate) => sum + rate, 0) / ROUNDS,
    alone,
    crowd,
    one: together(one),
    three: together(three),
    hops,
  });
}

async function ownStack(
  port: number,
  { cleanup, say }: { readonly cleanup: Cleanup; readonly say: (note: string) => void },
): Promise<string> {
  for (const wanted of Object.values(portsFrom(port))) {
    if (await isTaken(wanted)) throw new Told(`port ${wanted} is taken; choose others with --port`);
  }
  say(`Starting an exchange on port ${port} ...`);
  // A stack of its own, with nothing before and nothing left behind.
  const { DATA_DIR: _dataDir, ...inherited } = process.env;
  const stack = await startStack({ ...inherited, PORT: String(port), RATE_LIMITS: "off" });
  cleanup.add(async () => void (await stack.end()));
  return stack.url;
}

async function signUp(baseUrl: string, clients: number): Promise<readonly Trader[]> {
  const http = { baseUrl };
  const admin = await loginAdmin(http);
  const traders: Trader[] = [];
  for (let index = 0; index < clients; index++) {
    const email = `bench-${index}@example.com`;
    const { client } = await newTrader({ email, funds: Object.entries(FUNDS), admin, http });
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

/** The same hands at once, with calls that place nothing: what the machine gives the stack and its clients. */
async function plainCallsPerSecond(traders: readonly Trader[]): Promise<number> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  let calls = 0;
  await Promise.all(
    traders.map(async ({ client }) => {
      for (; elapsed() < PLAIN_SECONDS; calls++) await client.me();
    }),
  );
  return calls / elapsed();
}
