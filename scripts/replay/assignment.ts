import type { Step } from "./plan.ts";
import type { Action } from "./planner.ts";

/** A user may have 1,000 open orders in a market; some room is left for what is still on its way. */
const ORDERS_PER_MAKER = 900;

/** The most that one user can need for all orders together, in the units of the record. */
export type Need = { shares: bigint; priceTimesShares: bigint };

/** Which user places which order. The aggressors are one user more, who has no resting orders to meet. */
export type Assignment = {
  readonly makerOf: ReadonlyMap<number, number>;
  readonly makers: readonly Need[];
  readonly taker: Need;
};

export function assign(steps: readonly Step[]): Assignment {
  const makerOf = new Map<number, number>();
  const makers: (Need & { open: number })[] = [];
  const taker: Need = { shares: 0n, priceTimesShares: 0n };
  for (const step of steps) {
    for (const action of step.actions) {
      if (action.kind === "take") charge(taker, action);
      if (action.kind !== "place") continue;
      let maker = makers.findIndex(({ open }) => open < ORDERS_PER_MAKER);
      if (maker < 0) maker = makers.push({ shares: 0n, priceTimesShares: 0n, open: 0 }) - 1;
      const need = makers[maker];
      if (need === undefined) throw new Error(`there is no maker ${maker}`);
      need.open++;
      charge(need, action);
      makerOf.set(action.ref, maker);
    }
    for (const ref of step.gone) {
      const need = makers[makerOf.get(ref) ?? -1];
      if (need !== undefined) need.open--;
    }
  }
  return { makerOf, makers, taker };
}

function charge(need: Need, action: Exclude<Action, { kind: "cancel" }>): void {
  if (action.side === "sell") need.shares += BigInt(action.size);
  else need.priceTimesShares += BigInt(action.price) * BigInt(action.size);
}
