import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { authenticate } from "../../lib/auth/authenticate.ts";
import { success } from "../../lib/contract/refusal.ts";
import { idempotently } from "../../lib/idempotency/idempotently.ts";
import { recover } from "../../lib/journal/recover.ts";
import { saveSnapshot } from "../../lib/journal/snapshots.ts";
import { awaitOrder } from "../../lib/orders/get-order.ts";
import type { OrderRecord } from "../../lib/orders/order-item.ts";
import { orderView } from "../../lib/orders/order-view.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";
import type { Dynoxide } from "../local/engines.ts";
import { CapacityMeter } from "./capacity.ts";
import { costReport } from "./cost-report.ts";
import { expectSuccess, InProcessExchange, type User } from "./in-process.ts";
import { measureItems } from "./item-kinds.ts";
import {
  BATCH_ORDERS,
  type Place,
  placeFillingBatch,
  placeFollowingBatch,
  placeRestingBatch,
  placing,
} from "./order-flow.ts";
import type { Show } from "./report.ts";

/** Enough that what the projector writes now and then only (the depth, every 32 entries) counts with its share. */
const STANDARD_BATCHES = 64;
const BATCHES = 12;
const RUNS_TOGETHER = 8;
const USERS = 20;
const RESTING_BATCHES = 20;
/** The standard flow, and that with runs together; four others, and four ways to name orders; resting and cancelling. */
const ALL_BATCHES = 2 * STANDARD_BATCHES + 7 * BATCHES + 2 * RESTING_BATCHES;

type Bench = {
  readonly exchange: InProcessExchange;
  readonly meter: CapacityMeter;
  readonly users: readonly User[];
  /** One more batch is done. */
  readonly step: () => void;
};

/** What one order consumes at each step, by the engine's own account of each call. */
export async function measureCost({ tablePrefix, endpoint }: Dynoxide, show: Show) {
  const meter = new CapacityMeter(tablePrefix);
  const store = createDynamoStore({ tablePrefix, endpoint, meter: meter.note });
  const exchange = new InProcessExchange(store, { onQueueCall: meter.noteQueueCall });
  const users = await meter.during("accounts", () => exchange.openAccounts(USERS));
  let done = 0;
  const step = () => show("trading", ++done, ALL_BATCHES, "batches");
  const bench = { exchange, meter, users, step };
  await standardFlow(bench);
  const items = await meter.during("items", () => measureItems(exchange.store));
  await followingFlow(bench);
  await otherBatches(bench);
  await namedOrders(bench);
  const resting = await restingOrders(bench);
  await instances(bench, resting.length);
  await cancels(bench, resting);
  await calls(bench);
  return costReport(meter, {
    items,
    resting: resting.length,
    standardBatches: STANDARD_BATCHES,
    batches: BATCHES,
  });
}

async function standardFlow({ exchange, meter, users, step }: Bench): Promise<void> {
  for (let batch = 0; batch < STANDARD_BATCHES; batch++) {
    await meter.during("reserve", () => placeFillingBatch(batch, placing(exchange), users));
    // The first batch finds a cold matcher and a cold projector, which are measured apart.
    await meter.during(batch === 0 ? "cold" : "match", () => exchange.matchBatch());
    await meter.during(batch === 0 ? "cold" : "project", () => exchange.project());
    step();
  }
}

async function followingFlow({ exchange, meter, users, step }: Bench): Promise<void> {
  for (let batch = 0; batch <= BATCHES; batch++) {
    await meter.during("accept", () => placeFollowingBatch(batch, placing(exchange), users));
    await meter.during(batch === 0 ? "accept" : "match following", () => exchange.matchBatch());
    if (batch > 0) step();
  }
  await meter.during("accept", async () => {
    for (const user of users.slice(-BATCH_ORDERS / 2)) await placing(exchange)(user, "buy", "99999");
    await exchange.matchAll();
    await exchange.project();
  });
}

async function otherBatches({ exchange, meter, users, step }: Bench): Promise<void> {
  const flow = async (traders: readonly User[], match: () => Promise<void>): Promise<void> => {
    for (let batch = 0; batch < BATCHES; batch++) {
      await meter.during("accept", () => placeFillingBatch(batch, placing(exchange), traders));
      await match();
      step();
    }
  };
  await flow(users.slice(0, 4), () => meter.during("match four", () => exchange.matchAll()));
  await meter.during("accept", () => exchange.project());
  await flow(users, async () => {
    for (let order = 0; order < BATCH_ORDERS; order++) {
      await meter.during("match single", () => exchange.matchBatch(1));
      await meter.during("project single", () => exchange.project());
    }
  });
  for (let run = 0; run < STANDARD_BATCHES / RUNS_TOGETHER; run++) {
    for (let batch = 0; batch < RUNS_TOGETHER; batch++) {
      await meter.during("accept", () => placeFillingBatch(batch, placing(exchange), users));
      await meter.during("accept", () => exchange.matchAll());
      step();
    }
    await meter.during("project together", () => exchange.project());
  }
}

/** Names of the length that clients use: a UUID. */
async function namedOrders({ exchange, meter, users, step }: Bench): Promise<void> {
  const order = (user: User, side: "buy" | "sell", price: string, clientOrderId?: string) => ({
    user,
    request: { side, price, quantity: "0.0153", ...(clientOrderId === undefined ? {} : { clientOrderId }) },
  });
  const keyed =
    (name: () => { key: string; clientOrderId?: string }): Place =>
    async (user, side, price) => {
      const { key, clientOrderId } = name();
      const { request } = order(user, side, price, clientOrderId);
      let placed: OrderRecord | undefined;
      // As the edge does it for every call under a key: the record is looked up before, and keeps the answer after.
      expectSuccess(
        await idempotently(
          { userId: user.id, key, fingerprint: "f".repeat(64), kept: "transaction" },
          async (operationId, idempotency) => {
            placed = await exchange.place(user, request, { operationId, idempotency });
            return success({ status: 201, body: orderView(placed, exchange.catalogue) });
          },
          exchange,
        ),
      );
      if (placed === undefined) throw new Error("the order was not placed");
      return placed;
    };
  const ways: readonly (readonly [label: string, place: Place])[] = [
    [
      "reserve client id",
      (user, side, price) => exchange.place(user, order(user, side, price, crypto.randomUUID()).request),
    ],
    ["reserve key", keyed(() => ({ key: crypto.randomUUID() }))],
    ["reserve both", keyed(() => ({ key: crypto.randomUUID(), clientOrderId: crypto.randomUUID() }))],
    [
      "reserve same",
      keyed(() => {
        const key = crypto.randomUUID();
        return { key, clientOrderId: key };
      }),
    ],
  ];
  for (const [label, place] of ways) {
    for (let batch = 0; batch < BATCHES; batch++) {
      await meter.during(label, () => placeFillingBatch(batch, place, users));
      await meter.during("accept", () => exchange.matchAll());
      step();
    }
  }
}

async function restingOrders({ exchange, meter, users, step }: Bench): Promise<readonly OrderRecord[]> {
  const orders: OrderRecord[] = [];
  for (let batch = 0; batch < RESTING_BATCHES; batch++) {
    orders.push(...(await meter.during("accept", () => placeRestingBatch(batch, placing(exchange), users))));
    await meter.during("match resting", () => exchange.matchBatch());
    step();
  }
  return orders;
}

/** What a new instance reads before its first batch, and what a snapshot writes. */
async function instances({ exchange, meter }: Bench, resting: number): Promise<void> {
  const deadline = exchange.clock.nowMs() + 60_000;
  const state = await meter.during("recover", () => recover(exchange.market, deadline, exchange));
  if (state.book.size !== resting) throw new Error(`${state.book.size} orders rest, not ${resting}`);
  await meter.during("snapshot", () => saveSnapshot(state, exchange));
  await meter.during("recover snapshot", () => recover(exchange.market, deadline, exchange));
}

async function cancels({ exchange, meter, step }: Bench, orders: readonly OrderRecord[]): Promise<void> {
  for (let start = 0; start < orders.length; start += BATCH_ORDERS) {
    for (const { terms } of orders.slice(start, start + BATCH_ORDERS)) {
      const operation = { operationId: exchange.newId(), correlationId: exchange.newId() };
      await meter.during("cancel", async () => {
        expectSuccess(await cancelOrder({ userId: terms.userId, orderId: terms.id, ...operation }, exchange));
      });
    }
    await meter.during("match cancels", () => exchange.matchBatch());
    step();
  }
}

/** What comes with every call, and with one that waits. */
async function calls({ exchange, meter, users }: Bench): Promise<void> {
  for (const { id, sessionId } of users) {
    await meter.during("authenticate", async () => {
      expectSuccess(await authenticate(`${id} ${sessionId}`, exchange));
    });
  }
  for (const user of users.slice(0, BATCH_ORDERS)) {
    const order = await meter.during("accept", () => placing(exchange)(user, "sell", "70000"));
    await meter.during("accept", () => exchange.matchAll());
    await meter.during("wait", () => awaitOrder(order, { waitMs: 1_000, until: "entered" }, exchange));
  }
}
