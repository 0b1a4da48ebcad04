import type { Market } from "../market/market.ts";
import { MarketState } from "../matching/market-state.ts";
import { replay } from "../matching/replay.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { readJournal } from "./read-journal.ts";
import { newestSnapshot, saveSnapshot } from "./snapshots.ts";

export type RecoveryPorts = Pick<ExchangePorts, "store" | "clock" | "log">;

/** Recovery needed more time than there was; how far it got is saved, so the next one starts there. */
export class RecoveryUnfinished extends Error {
  override readonly name = "RecoveryUnfinished";
}

/** Rebuilds a market from its newest snapshot and the journal after it. Never from an index, never by matching again. */
export async function recover(
  market: Market,
  deadlineMs: number,
  ports: RecoveryPorts,
): Promise<MarketState> {
  const startedMs = ports.clock.nowMs();
  const state = (await newestSnapshot(market, ports)) ?? new MarketState(market);
  const snapshotVersion = state.head.version;
  for await (const run of readJournal({ market: market.market, after: snapshotVersion }, ports)) {
    for (const sealed of run) replay(state, sealed);
    if (ports.clock.nowMs() < deadlineMs) continue;
    await saveSnapshot(state, ports);
    throw new RecoveryUnfinished(`${market.market} is recovered up to version ${state.head.version} only`);
  }
  ports.log.info("market_recovered", {
    market: market.market,
    snapshotVersion,
    version: state.head.version,
    orders: state.book.size,
    ms: ports.clock.nowMs() - startedMs,
  });
  return state;
}
