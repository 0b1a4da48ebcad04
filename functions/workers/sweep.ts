import { ports } from "../../lib/adapters/ports.ts";
import { sweepPendingOrders } from "../../lib/trading/sweep.ts";

export const handler = async (): Promise<void> => {
  await sweepPendingOrders(ports);
};
