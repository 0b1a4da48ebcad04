import { saveSnapshot, snapshotHeaders } from "../../lib/journal/snapshots.ts";
import { stateText } from "../../lib/matching/snapshot.ts";
import type { Store } from "../../lib/store/store.ts";
import { percentile } from "../command/statistics.ts";
import { type ColdRequest, type ColdResult, recoverCold } from "./cold-process.ts";
import { Crowd } from "./crowd.ts";
import { damageSnapshot, digestOf, writeJournal } from "./journal.ts";
import { marketNamed } from "./markets.ts";
import type { Options } from "./options.ts";
import type { Measurement } from "./report.ts";

export type Bench = {
  readonly store: Store;
  readonly endpoint: string;
  readonly tablePrefix: string;
  readonly options: Options;
  readonly say: (text: string) => void;
};

const GOAL_MS = 2_000;
const SEED = 20_260_101;
/** The projector saves a snapshot this often, so that no tail after one is longer. */
const SNAPSHOT_EVERY = 500;
const ORDERS_PER_SNAPSHOT_ENTRY = 20;
/** More attempts than any progress could need. */
const ATTEMPTS_AT_MOST = 500;

/** A big book: right after a snapshot, with the longest tail that there is after one, and with that snapshot damaged. */
export async function measureBigBook(bench: Bench): Promise<readonly Measurement[]> {
  const { store, options, say } = bench;
  const market = marketNamed("BTC-USDT");
  const crowd = new Crowd(market, SEED);
  const interval = Math.max(SNAPSHOT_EVERY, Math.floor(options.orders / ORDERS_PER_SNAPSHOT_ENTRY));
  say(`${market.market}: building a book of ${options.orders} live orders`);
  crowd.growTo(options.orders);
  await snapshotOf(crowd, bench);
  const fresh = await measure("snapshot, no tail", crowd, bench);
  say(`${market.market}: ${interval} entries of trading, a snapshot, and as many entries again`);
  await writeJournal(crowd.trade(interval), store);
  const newest = await snapshotOf(crowd, bench);
  await writeJournal(crowd.trade(interval), store);
  const withTail = await measure("snapshot and the longest tail", crowd, bench);
  await damageSnapshot({ market: market.market, ...newest }, store);
  const damaged = await measure("newest snapshot damaged", crowd, bench);
  return [
    { ...fresh, goalMs: GOAL_MS },
    { ...withTail, goalMs: GOAL_MS },
    { ...damaged, faults: [...damaged.faults, ...detected(damaged.results, newest.version)] },
  ];
}

/** A market that has no snapshot: all at once, and with less time than that takes. */
export async function measureTail(bench: Bench): Promise<readonly Measurement[]> {
  const { store, options, say } = bench;
  const market = marketNamed("ETH-USDT");
  const crowd = new Crowd(market, SEED + 1);
  say(`${market.market}: a journal of ${options.tail} entries and no snapshot`);
  await writeJournal(crowd.trade(options.tail), store);
  const whole = await measure("no snapshot, long tail", crowd, bench);
  const quarterMs = Math.floor(
    percentile(
      whole.results.map(({ ms }) => ms),
      0.5,
    ) / 4,
  );
  const hurried = await attempt(`... within ${quarterMs} ms each`, quarterMs, crowd, bench);
  await forgetSnapshots(market.market, store);
  return [whole, hurried, await attempt("... with no time at all", 0, crowd, bench)];
}

async function snapshotOf(
  { state }: Crowd,
  { store, say }: Bench,
): Promise<{ readonly version: number; readonly chunks: number }> {
  const { market } = state.market;
  const startedMs = performance.now();
  const { bytes } = await saveSnapshot(state, { store });
  const tookMs = performance.now() - startedMs;
  const [header] = await snapshotHeaders(market, { store });
  const { version } = state.head;
  if (Number(header?.sk) !== version) throw new Error("the snapshot that was saved is not the newest");
  const chunks = Number(header?.chunks);
  const prices = (["buy", "sell"] as const).flatMap((side) => state.book.levels(side, Infinity)).length;
  say(
    `${market}: snapshot of version ${version} with ${state.book.size} orders at ${prices} prices: ` +
      `${bytes} bytes (${stateText(state).length} before compression) in ${chunks} chunks, saved in ${tookMs.toFixed(0)} ms`,
  );
  return { version, chunks };
}

async function measure(name: string, { state }: Crowd, bench: Bench): Promise<Measurement> {
  const results: ColdResult[] = [];
  for (let round = 0; round < bench.options.rounds; round++)
    results.push(await recoverCold(requestFor(state.market.market, bench)));
  const digest = digestOf(state);
  const isEqual = results.every((result) => result.state?.digest === digest);
  return { name, results, attempts: 1, faults: isEqual ? [] : ["another state than the journal gives"] };
}

/** Recoveries with a deadline, one after the other, until one is done. Each must get further than the one before. */
async function attempt(name: string, withinMs: number, { state }: Crowd, bench: Bench): Promise<Measurement> {
  const { market } = state.market;
  const faults: string[] = [];
  const results: ColdResult[] = [];
  for (let saved = 0; results.length < ATTEMPTS_AT_MOST; ) {
    const result = await recoverCold({ ...requestFor(market, bench), withinMs });
    results.push(result);
    if (result.state !== undefined) break;
    const [header] = await snapshotHeaders(market, bench);
    const version = Number(header?.sk ?? 0);
    if (version <= saved) {
      faults.push(`attempt ${results.length} saved no progress beyond version ${saved}`);
      break;
    }
    saved = version;
  }
  if (results[0]?.state !== undefined) faults.push("the deadline was not too short");
  if (results.at(-1)?.state?.digest !== digestOf(state)) faults.push("another state than the journal gives");
  return { name, results, attempts: results.length, faults };
}

function detected(results: readonly ColdResult[], newest: number): readonly string[] {
  const isDetected = results.every(({ damaged }) => damaged === 1);
  const isOlder = results.every(
    ({ state }) => state !== undefined && state.snapshotVersion < newest && state.snapshotVersion > 0,
  );
  return [
    ...(isDetected ? [] : ["the damage was not reported"]),
    ...(isOlder ? [] : ["the snapshot before it was not used"]),
  ];
}

/** Their headers: what has none is no snapshot. */
async function forgetSnapshots(market: string, store: Store): Promise<void> {
  for (const { pk, sk } of await snapshotHeaders(market, { store }))
    await store.write({ kind: "delete", table: "journal", key: { pk: String(pk), sk: String(sk) } });
}

function requestFor(market: string, { endpoint, tablePrefix }: Bench): ColdRequest {
  return { endpoint, tablePrefix, market };
}
