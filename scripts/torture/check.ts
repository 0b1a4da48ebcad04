import { LIVE_STATUSES } from "../../lib/orders/order-item.ts";
import type { Crowd } from "../demo/crowd.ts";
import type { Placed } from "../demo/trader.ts";
import type { ExchangeClient } from "../exchange/client.ts";
import { runScript } from "../exchange/script.ts";
import type { Order } from "../exchange/types.ts";
import {
  type Deposited,
  faultOfAnswered,
  faultOfPlaced,
  faultsOfBalances,
  faultsOfKeys,
} from "./client-view.ts";
import type { Inside } from "./inside.ts";
import type { Wire } from "./wire.ts";

export type CheckGiven = {
  readonly crowd: Crowd;
  readonly wire: Wire;
  readonly inside: Inside;
  readonly dataDir: string;
  /** What each trader was given, by user id. */
  readonly deposits: ReadonlyMap<string, readonly Deposited[]>;
  /** Orders that were found closed at an earlier check, which this one adds to. */
  readonly closed: Map<string, Order>;
};

export type CheckResult = Awaited<ReturnType<typeof checkEverything>>;

const DRAIN_AT_MOST_MS = 60_000;
const SETTLE_AT_MOST_MS = 20_000;
const PAGE = 500;

/** For an exchange at rest: the books verify, and all that the clients were told is so. */
export async function checkEverything(given: CheckGiven) {
  const { crowd, inside, dataDir, closed } = given;
  const { placings, cancelled } = given.wire;
  const differences: string[] = [];
  const waiting = await inside.drained(DRAIN_AT_MOST_MS);
  if (waiting > 0) differences.push(`${waiting} commands still wait after ${DRAIN_AT_MOST_MS / 1_000} s`);
  const voided = await inside.sweep();
  const pending = await crowd.settle(SETTLE_AT_MOST_MS);
  if (pending > 0) differences.push(`${pending} orders stay pending`);

  const verified = await runScript("verify.ts", { env: { DATA_DIR: dataDir } });
  if (verified.code !== 0) differences.push(`verify: ${verified.output.trim()}`);

  const seen = new Map<string, Order>();
  for (const trader of crowd.traders) {
    const orders = await allOrders(trader.client);
    for (const order of orders) seen.set(order.id, order);
    const deposits = given.deposits.get(trader.userId) ?? [];
    const balances = await trader.client.balances();
    differences.push(...faultsOfBalances(trader.name, { deposits, orders, balances }));
  }
  const placed = crowd.traders.flatMap((trader) => trader.placed);
  const answered = [...[...placings.values()].flatMap(({ answers }) => answers), ...closed.values()];
  const faults = [
    ...placed.map(({ id, order }) => faultOfPlaced(order, id, seen.get(id))),
    ...answered.map((order) => faultOfAnswered(order, seen.get(order.id))),
  ];
  differences.push(...faults.filter((fault) => fault !== undefined), ...answeredTwice(placed));
  for (const id of cancelled) {
    const status = seen.get(id)?.status;
    if (status === undefined || LIVE_STATUSES.includes(status))
      differences.push(`order ${id} was cancelled and is ${status}`);
  }
  for (const order of seen.values()) if (!LIVE_STATUSES.includes(order.status)) closed.set(order.id, order);

  const keyed = await inside.keyedOrders(new Set(crowd.traders.map(({ userId }) => userId)));
  differences.push(...faultsOfKeys(placings, keyed));
  if (keyed.length !== seen.size)
    differences.push(`${keyed.length} orders are stored, and the clients see ${seen.size}`);
  return {
    orders: seen.size,
    /** Orders that were reserved, and never reached their market because of a kill. */
    voided,
    differences,
  };
}

function answeredTwice(placed: readonly Placed[]): readonly string[] {
  const idOfKey = new Map<string, string>();
  return placed.flatMap(({ id, idempotencyKey }) => {
    const other = idOfKey.get(idempotencyKey);
    idOfKey.set(idempotencyKey, id);
    return other === undefined ? [] : [`key ${idempotencyKey} was answered with ${other} and ${id}`];
  });
}

async function allOrders(client: ExchangeClient): Promise<readonly Order[]> {
  const orders: Order[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await client.orders({ limit: PAGE, ...(cursor ? { cursor } : {}) });
    orders.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return orders;
}
