import type { Market } from "../market/market.ts";
import { MarketState } from "../matching/market-state.ts";
import { replay } from "../matching/replay.ts";
import type { Clock, Log } from "../ports/ports.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import { readJournal } from "./read-journal.ts";
import { newestSnapshot, saveSnapshot } from "./snapshots.ts";

/** Rebuilds a market from a snapshot and the journal after it. Never from an index, never by matching again. */

export type RecoveryPorts = { readonly store: Store; readonly clock: Clock; readonly log: Log };

/** Recovery needed more time than there was; how far it got is saved, so the next one starts there. */
export class RecoveryUnfinished extends Error {
  override readonly name = "RecoveryUnfinished";
}

/** A tail that is replayed sooner than a snapshot is read. */
const NEAR = 2_000;

/** The market as of the journal's end. */
export async function recover(
  market: Market,
  deadlineMs: number,
  ports: RecoveryPorts,
): Promise<MarketState> {
  const startedMs = ports.clock.nowMs();
  const state = (await newestSnapshot(market, ports)) ?? new MarketState(market);
  const snapshotVersion = state.head.version;
  await rollForward(state, { deadlineMs }, ports);
  ports.log.info("market_recovered", {
    market: market.market,
    snapshotVersion,
    version: state.head.version,
    orders: state.book.size,
    ms: ports.clock.nowMs() - startedMs,
  });
  return state;
}

/**
 * The market as of one version, for whoever follows the journal from there. A state that is known from before is rolled forward, unless it is so
 * far behind that a snapshot is nearer; it must not be beyond the version.
 */
export async function recoverAt(
  { market, version, known }: Point & { readonly known: MarketState | undefined },
  deadlineMs: number,
  ports: RecoveryPorts,
): Promise<MarketState> {
  const isNear = known !== undefined && version - known.head.version <= NEAR;
  const snapshot = isNear ? undefined : await newestSnapshot(market, ports, version);
  const state = nearer(known, snapshot) ?? new MarketState(market);
  await rollForward(state, { version, deadlineMs }, ports);
  if (state.head.version !== version)
    throw new Error(`${market.market} is projected up to ${version}, beyond its journal`);
  return state;
}

type Point = { readonly market: Market; readonly version: number };

/** The market as of the journal's end, for a reader who may write nothing, progress neither. */
export async function recoverToRead(
  market: Market,
  deadlineMs: number,
  ports: RecoveryPorts,
): Promise<MarketState> {
  const state = (await newestSnapshot(market, ports)) ?? new MarketState(market);
  if (await isRolledForward(state, { deadlineMs }, ports)) return state;
  throw new StoreUnavailable(`${market.market} is recovered up to version ${state.head.version} only`);
}

function nearer(a: MarketState | undefined, b: MarketState | undefined): MarketState | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.head.version >= b.head.version ? a : b;
}

type Bounds = { readonly version?: number; readonly deadlineMs: number };

async function rollForward(state: MarketState, bounds: Bounds, ports: RecoveryPorts): Promise<void> {
  if (await isRolledForward(state, bounds, ports)) return;
  await saveSnapshot(state, ports);
  throw new RecoveryUnfinished(
    `${state.market.market} is recovered up to version ${state.head.version} only`,
  );
}

/** Replays up to a version, or to the journal's end. At least a page is done whatever the deadline says, so that each try gets further. */
async function isRolledForward(
  state: MarketState,
  { version = Number.POSITIVE_INFINITY, deadlineMs }: Bounds,
  ports: RecoveryPorts,
): Promise<boolean> {
  if (state.head.version >= version) return true;
  const { market } = state.market;
  for await (const run of readJournal({ market, after: state.head.version }, ports)) {
    for (const sealed of run) {
      replay(state, sealed);
      if (state.head.version === version) return true;
    }
    if (ports.clock.nowMs() >= deadlineMs) return false;
  }
  return true;
}
