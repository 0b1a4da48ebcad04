import type { Effects } from "../matching/effects.ts";
import type { MarketState } from "../matching/market-state.ts";
import { isLive } from "../orders/order-item.ts";
import { RecentIds } from "./recent-ids.ts";

/** About a megabyte. An id that is forgotten costs one more attempt, nothing else. */
const MOST_ENDED = 10_000;

/**
 * The state that a matcher plans on, and the orders of which it has seen, on this state, that they are not pending: the fence has passed a
 * commit that closed them, or one in which the condition on them alone failed. No order becomes pending again, so what is asked of them
 * needs no attempt to find out. All of it is dropped at once, because what was learnt on a state is worth as much as the state.
 */
export class WorkingState {
  readonly state: MarketState;
  readonly notPending = new RecentIds(MOST_ENDED);

  constructor(state: MarketState) {
    this.state = state;
  }

  /** Notes the orders that a committed entry has ended. */
  learnFrom({ orders, pendingCancels }: Effects): void {
    for (const [orderId, { status }] of orders) if (!isLive(status)) this.notPending.add(orderId);
    for (const orderId of pendingCancels.keys()) this.notPending.add(orderId);
  }
}
