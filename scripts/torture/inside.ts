import { clock } from "../../lib/adapters/clock.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { createRandom } from "../../lib/adapters/random.ts";
import { createSqsCommandQueue } from "../../lib/adapters/sqs-command-queue.ts";
import { readCatalogue } from "../../lib/market/market.ts";
import { orderFrom } from "../../lib/orders/order-item.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../lib/trading/sweep.ts";
import definitions from "../../resources/markets.json" with { type: "json" };
import { until } from "../command/until.ts";
import { allItems } from "../exchange/items.ts";
import { useLocalCredentials } from "../local/engines.ts";
import type { StackRecord } from "../local/record.ts";
import type { Keyed } from "./client-view.ts";

/** What no client sees: the queues' depth, the orders' keys, and the sweeper. */
export type Inside = ReturnType<typeof openInside>;

const QUIET_CHECKS = 3;
const CHECK_MS = 100;

export function openInside({ endpoints, tablePrefix, queuePrefix, region }: StackRecord) {
  useLocalCredentials(region);
  const catalogue = readCatalogue(definitions);
  const store = createDynamoStore({ tablePrefix, endpoint: endpoints.dynamodb });
  const { queueBaseUrl: baseUrl, sqs: endpoint } = endpoints;
  const queue = createSqsCommandQueue({ queuePrefix, baseUrl, endpoint });
  const silent = () => {};

  return {
    /** Waits until no command waits or is in flight. Answers how many still are when the time is over. */
    drained: async (forMs: number): Promise<number> => {
      let waiting = 0;
      let quiet = 0;
      const look = async () => {
        const depths = await Promise.all([...catalogue.markets.keys()].map((market) => queue.depth(market)));
        waiting = depths.reduce((sum, depth) => sum + depth, 0);
        quiet = waiting === 0 ? quiet + 1 : 0;
        return quiet >= QUIET_CHECKS ? true : undefined;
      };
      await until(look, { forMs, everyMs: CHECK_MS });
      return waiting;
    },
    /** Voids what did not reach its market. Answers how many orders that were. */
    sweep: async (): Promise<number> => {
      // With the queues empty, what is pending now will be so in three minutes: the sweeper need not wait for them here.
      const later = { ...clock, nowMs: () => clock.nowMs() + PENDING_LIMIT_MS };
      const log = { info: silent, warn: silent, error: silent };
      const ports = { catalogue, store, clock: later, random: createRandom(), log, metrics: { add: silent } };
      return (await sweepPendingOrders(ports)).voided;
    },
    /** All orders of these users that were made under a key. */
    keyedOrders: async (userIds: ReadonlySet<string>): Promise<readonly Keyed[]> => {
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
