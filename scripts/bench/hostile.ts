import type { OrderRecord } from "../../lib/orders/order-item.ts";
import type { Store } from "../../lib/store/store.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";
import { voidOrder } from "../../lib/trading/void-order.ts";
import { expectSuccess, InProcessExchange, type User } from "./in-process.ts";
import type { Measured, Show } from "./report.ts";

/** What a batch may cost whatever its senders do: one attempt that shows which orders are not pending, and one without them. */
export const MOST_TRANSACTIONS = 2;
/** As many cancels as the queue carries of one order where nothing drops the doubles. */
const CANCELS = 31;
const USERS = 10;

export type Attacked = { readonly attack: string; readonly transactions: readonly number[] };

type Stage = { readonly exchange: InProcessExchange; readonly users: readonly User[] };

/** Each puts commands into the queue of a market that has come to rest. */
const ATTACKS: { readonly [name: string]: (stage: Stage) => Promise<void> } = {
  "31 cancels of one resting order": async (stage) => {
    const order = await restingOrder(stage, 0);
    await cancelAgain(order, CANCELS, stage);
  },
  "31 cancels of an order that is voided meanwhile": async (stage) => {
    const order = await place(stage, 0);
    await cancelAgain(order, CANCELS, stage);
    await voidNow(order, stage);
  },
  "cancels of nine orders that are filled meanwhile": async (stage) => {
    const orders = await filledMeanwhile(stage);
    for (const order of orders) await cancelAgain(order, 1, stage);
  },
  "the same, on an instance that knows nothing": async (stage) => {
    const orders = await filledMeanwhile(stage);
    for (const order of orders) await cancelAgain(order, 1, stage);
    await stage.exchange.matchBatch(1);
    stage.exchange.coldStart();
  },
  "ten orders that are voided meanwhile": async (stage) => {
    for (let index = 0; index < USERS; index++) await voidNow(await place(stage, index), stage);
  },
  "voided, cancelled twice and traded, in turn": async (stage) => {
    for (let index = 0; index < USERS; index++) {
      const order = await place(stage, index);
      await cancelAgain(order, 2, stage);
      if (index % 2 === 0) await voidNow(order, stage);
      await place(stage, index + 1, "buy");
    }
  },
};

/** Counts the transactions on the journal that each batch costs. */
export async function attackMatcher(store: Store, show: Show = () => {}): Promise<readonly Attacked[]> {
  let attempts = 0;
  const counting: Store = {
    ...store,
    transact: (writes) => {
      if (writes.some(({ table }) => table === "journal")) attempts++;
      return store.transact(writes);
    },
  };
  const exchange = new InProcessExchange(counting);
  const stage: Stage = { exchange, users: await exchange.openAccounts(USERS) };
  const found: Attacked[] = [];
  for (const [attack, prepare] of Object.entries(ATTACKS)) {
    show("hostile batches", found.length, Object.keys(ATTACKS).length, attack);
    await prepare(stage);
    const transactions: number[] = [];
    while (exchange.waiting > 0) {
      attempts = 0;
      await exchange.matchBatch();
      transactions.push(attempts);
    }
    found.push({ attack, transactions });
  }
  return found;
}

export async function measureHostile(store: Store, show: Show): Promise<Measured> {
  const found = await attackMatcher(store, show);
  const most = Math.max(...found.flatMap(({ transactions }) => transactions));
  if (most > MOST_TRANSACTIONS) throw new Error(`a hostile batch costs ${most} transactions`);
  return {
    figures: Object.fromEntries(found.map(({ attack, transactions }) => [attack, transactions])),
    tables: [
      {
        title: "What hostile batches of at most ten commands cost the matcher",
        columns: ["batches of", "batches", "transactions of each"],
        rows: found.map(({ attack, transactions }) => [attack, transactions.length, transactions.join(" ")]),
        notes: ["Doubles reach the matcher here; on SQS those of one order share a deduplication id."],
      },
    ],
  };
}

function place(
  { exchange, users }: Stage,
  index: number,
  side: "buy" | "sell" = "sell",
): Promise<OrderRecord> {
  const user = users[index % users.length] as User;
  return exchange.place(user, { side, price: "100", quantity: "0.1" });
}

async function restingOrder(stage: Stage, index: number): Promise<OrderRecord> {
  const order = await place(stage, index);
  await stage.exchange.matchAll();
  return order;
}

/** Nine resting orders, and the one that fills them all, which waits before what is sent next. */
async function filledMeanwhile(stage: Stage): Promise<readonly OrderRecord[]> {
  const { exchange, users } = stage;
  const orders: OrderRecord[] = [];
  for (let index = 1; index < USERS; index++) orders.push(await place(stage, index));
  await exchange.matchAll();
  await exchange.place(users[0] as User, { side: "buy", price: "100", quantity: "0.9" });
  return orders;
}

async function cancelAgain({ terms }: OrderRecord, times: number, { exchange }: Stage): Promise<void> {
  for (let time = 0; time < times; time++) {
    const operationId = exchange.newId();
    const ids = { userId: terms.userId, orderId: terms.id, operationId, correlationId: operationId };
    expectSuccess(await cancelOrder(ids, exchange));
  }
}

async function voidNow(order: OrderRecord, { exchange }: Stage): Promise<void> {
  await voidOrder(order, { market: exchange.market, forget: false }, exchange);
}
