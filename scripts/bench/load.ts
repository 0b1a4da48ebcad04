import { until } from "../command/until.ts";
import type { ExchangeClient } from "../exchange/client.ts";
import type { NewOrder, Order, Side } from "../exchange/types.ts";

/** A market's one price: sells and buys meet there, so that about half of the orders rest and half fill one of those. */
export type Stall = { readonly market: string; readonly price: string; readonly quantity: string };

export type Trader = { readonly client: ExchangeClient; readonly side: Side };

export type Run = {
  readonly stalls: readonly Stall[];
  /** Those who act at once; the traders of one of them take turns. */
  readonly hands: readonly (readonly Trader[])[];
  readonly seconds: number;
  /** Wait for each order's outcome, as `Prefer: wait` asks for. */
  readonly waitSeconds?: number;
  readonly onProgress: (seconds: number, orders: number) => void;
};

export type Load = {
  readonly orders: number;
  /** Until the time was over and all calls were answered. */
  readonly acceptedSeconds: number;
  /** Until the last order had left `pending`. */
  readonly settledSeconds: number;
  /** Journal entries that the orders took. */
  readonly entries: number;
  readonly answersMs: readonly number[];
  /** Answers that still said `pending`, though they had waited. */
  readonly late: number;
  readonly errors: ReadonlyMap<string, number>;
};

const PROGRESS_EVERY_MS = 250;
const OUTCOME_AT_MOST_MS = 60_000;

/** Each hand places one order after the other until the time is over; then the last orders' outcomes are waited for. */
export async function load(run: Run): Promise<Load> {
  const { stalls, hands, seconds } = run;
  const before = await entriesOf(run);
  const tally = { orders: 0, late: 0, answersMs: [] as number[], errors: new Map<string, number>() };
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  const progress = setInterval(() => run.onProgress(elapsed(), tally.orders), PROGRESS_EVERY_MS);
  const trade = async (traders: readonly Trader[], index: number): Promise<readonly Last[]> => {
    // Each seller has a buyer beside it, so pairs go from market to market.
    const stall = stalls[Math.floor(index / 2) % stalls.length] as Stall;
    const lasts = new Map<Trader, Order>();
    for (let turn = 0; elapsed() < seconds; turn++) {
      const trader = traders[turn % traders.length] as Trader;
      const askedAt = performance.now();
      try {
        const order = await trader.client.placeOrder(orderAt(stall, trader.side), {
          waitSeconds: run.waitSeconds,
        });
        lasts.set(trader, order);
        tally.answersMs.push(performance.now() - askedAt);
        tally.orders++;
        if (run.waitSeconds !== undefined && order.status === "pending") tally.late++;
      } catch (cause) {
        const name = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
        tally.errors.set(name, (tally.errors.get(name) ?? 0) + 1);
      }
    }
    return [...lasts].map(([{ client }, order]) => ({ client, order }));
  };
  try {
    const lasts = await Promise.all(hands.map(trade));
    const acceptedSeconds = elapsed();
    // A market takes its commands in order: when a trader's last order has its outcome, all before it have theirs.
    await Promise.all(lasts.flat().map(untilSettled));
    const settledSeconds = elapsed();
    return { ...tally, acceptedSeconds, settledSeconds, entries: (await entriesOf(run)) - before };
  } finally {
    clearInterval(progress);
  }
}

type Last = { readonly client: ExchangeClient; readonly order: Order };

function orderAt({ market, price, quantity }: Stall, side: Side): NewOrder {
  return { market, side, type: "limit", price, quantity };
}

async function untilSettled({ client, order }: Last): Promise<void> {
  const look = async () => ((await client.order(order.id)).status === "pending" ? undefined : true);
  if (order.status !== "pending" || (await until(look, { forMs: OUTCOME_AT_MOST_MS }))) return;
  throw new Error(`order ${order.id} stays pending`);
}

/** A market's version counts its entries. */
async function entriesOf({ stalls, hands }: Run): Promise<number> {
  const trader = hands[0]?.[0];
  if (trader === undefined) throw new Error("there are no traders");
  const books = await Promise.all(stalls.map(({ market }) => trader.client.orderbook(market, 1)));
  return books.reduce((sum, { version }) => sum + version, 0);
}

/** Runs of the same kind as one. */
export function together(loads: readonly Load[]): Load {
  const sum = (name: Exclude<keyof Load, "answersMs" | "errors">) =>
    loads.reduce((total, one) => total + one[name], 0);
  const errors = new Map<string, number>();
  for (const [code, count] of loads.flatMap((one) => [...one.errors]))
    errors.set(code, (errors.get(code) ?? 0) + count);
  const answersMs = loads.flatMap((one) => one.answersMs);
  const seconds = { acceptedSeconds: sum("acceptedSeconds"), settledSeconds: sum("settledSeconds") };
  return { orders: sum("orders"), entries: sum("entries"), late: sum("late"), ...seconds, answersMs, errors };
}
