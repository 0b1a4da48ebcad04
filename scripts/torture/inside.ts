import { setTimeout as sleep } from "node:timers/promises";
import { clock } from "../../lib/adapters/clock.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { createRandom } from "../../lib/adapters/random.ts";
import { createSqsCommandQueue } from "../../lib/adapters/sqs-command-queue.ts";
import { readCatalogue } from "../../lib/market/market.ts";
import { orderFrom } from "../../lib/orders/order-item.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../lib/trading/sweep.ts";
import definitions from "../../resources/markets.json" with { type: "json" };
import { allItems } from "../exchange/items.ts";
import { useLocalCredentials } from "../local/engines.ts";
import type { StackRecord } from "../local/record.ts";
import type { Keyed } from "./client-view.ts";

/** What no client sees: the queues' depth, the orders' keys, and the sweeper. */
export type Inside = {
  /** Waits until no command waits or is in flight. Answers how many still are when the time is over. */
  drained(boundMs: number): Promise<number>;
  /** Voids what did not reach its market. Answers how many orders that were. */
  sweep(): Promise<number>;
  /** All orders of these users that were made under a key. */
  keyedOrders(userIds: ReadonlySet<string>): Promise<readonly Keyed[]>;
};

const QUIET_CHECKS = 3;
const CHECK_MS = 100;

export function openInside({ endpoints, tablePrefix, queuePrefix, region }: StackRecord): Inside {
  useLocalCredentials(region);
  const catalogue = readCatalogue(definitions);
  const store = createDynamoStore({ tablePrefix, endpoint: endpoints.dynamodb });
  const queue = createSqsCommandQueue({
    queuePrefix,
    baseUrl: endpoints.queueBaseUrl,
    endpoint: endpoints.sqs,
  });
  const silent = () => {};
  const markets = [...catalogue.markets.keys()];

  const depth = async () => {
    const depths = await Promise.all(markets.map((market) => queue.depth(market)));
    return depths.reduce((sum, one) => sum + one, 0);
  };
  return {
    drained: async (boundMs) => {
      const deadline = performance.now() + boundMs;
      let quiet = 0;
      for (;;) {
        const waiting = await depth();
        quiet = waiting === 0 ? quiet + 1 : 0;
        if (quiet >= QUIET_CHECKS) return 0;
        if (performance.now() > deadline) return waiting;
        await sleep(CHECK_MS);
      }
    },
    sweep: async () => {
      // With the queues empty, what is pending now will be so in three minutes: the sweeper need not wait for them here.
      const later = { ...clock, nowMs: () => clock.nowMs() + PENDING_LIMIT_MS };
      const { voided } = await sweepPendingOrders({
        catalogue,
        store,
        clock: later,
        random: createRandom(),
        log: { info: silent, warn: silent, error: silent },
        metrics: { add: silent },
      });
      return voided;
    },
    keyedOrders: async (userIds) => {
      const items = await allItems("orders", store);
      return items.flatMap((item) => {
        if (!String(item.sk).startsWith("ORDER#")) return [];
        const { terms, idempotencyKey, status } = orderFrom(item);
        const isTheirs = idempotencyKey !== undefined && userIds.has(terms.userId);
        return isTheirs ? [{ id: terms.id, idempotencyKey, status }] : [];
      });
    },
  };
}
