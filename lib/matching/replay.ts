import { MarketRedefined, unitsText } from "../market/market.ts";
import { Effects } from "./effects.ts";
import { DamagedEntry, type Entry, type SealedEntry, unseal } from "./entry.ts";
import type { MarketState } from "./market-state.ts";
import { headOf, levelChanges } from "./plan.ts";

export type Replayed = { readonly entry: Entry; readonly effects: Effects };

/**
 * Applies the entry that follows the state's head, and checks that it does: version, chain of hashes, and that its levels and fees
 * are those that its events give. Replay applies events and never matches again.
 */
export function replay(state: MarketState, sealed: SealedEntry): Replayed {
  const entry = unseal(sealed);
  const { head } = state;
  const name = `entry ${entry.version} of ${entry.market}`;
  if (entry.market !== state.market.market || entry.version !== head.version + 1) {
    throw new DamagedEntry(`${name} does not follow version ${head.version} of ${state.market.market}`);
  }
  if (entry.previousHash !== head.hash)
    throw new DamagedEntry(`${name} does not continue the chain of hashes`);
  if (entry.units !== undefined && entry.units !== unitsText(state.market))
    throw new MarketRedefined(state.market, entry.units);
  const effects = new Effects();
  for (const event of entry.events) state.apply(event, effects);
  state.setContinuation(entry.continuation);
  state.keep();
  state.head = headOf({ entry, sealed });
  for (const side of ["buy", "sell"] as const) {
    const levels = levelChanges(state, effects, side);
    if (String(levels) !== String(entry.levels[side]))
      throw new DamagedEntry(`${name} has other ${side} levels than its events give`);
  }
  if (entry.fees.base !== state.fees.base || entry.fees.quote !== state.fees.quote) {
    throw new DamagedEntry(`${name} has other fees than its events give`);
  }
  return { entry, effects };
}
