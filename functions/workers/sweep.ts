import { ports } from "../../lib/adapters/ports.ts";
import { resendDesiredStates } from "../../lib/desired-state/resend-desired-states.ts";
import { sweepPendingOrders } from "../../lib/trading/sweep.ts";

/** What a crash or an unreachable queue has left behind. Commands of what is desired come first: they stop trading that must not go on. */
export const handler = async (): Promise<void> => {
  await resendDesiredStates(ports);
  await sweepPendingOrders(ports);
};
