import type { OrderRecord } from "../../lib/orders/order-item.ts";
import type { InProcessExchange, User } from "./in-process.ts";

/** Half of the orders rest, and the other half fill one of those. */

export const BATCH_ORDERS = 10;
const PAIRS = BATCH_ORDERS / 2;
const QUANTITY = "0.0153";
const FIRST_PRICE_CENTS = 6_412_345;

/** Places one order, in whatever way is measured. */
export type Place = (user: User, side: "buy" | "sell", price: string) => Promise<OrderRecord>;

export function placing(exchange: InProcessExchange): Place {
  return (user, side, price) => exchange.place(user, { side, price, quantity: QUANTITY });
}

/** Orders that fill each other within their batch, each of another user: M1 T1 M2 T2 ... */
export async function placeFillingBatch(batch: number, place: Place, users: readonly User[]): Promise<void> {
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = batch * BATCH_ORDERS + pair * 2;
    await place(userAt(users, at), "sell", price(pair));
    await place(userAt(users, at + 1), "buy", price(pair));
  }
}

/** Half of the batch fills what the batch before left resting, the other half rests for the next one. */
export async function placeFollowingBatch(
  batch: number,
  place: Place,
  users: readonly User[],
): Promise<void> {
  const half = users.length / 2;
  const makers = users.slice(0, half);
  const takers = users.slice(half);
  if (batch > 0) {
    for (let pair = 0; pair < PAIRS; pair++) {
      await place(userAt(takers, batch * PAIRS + pair), "buy", price(pair));
    }
  }
  for (let pair = 0; pair < PAIRS; pair++) {
    await place(userAt(makers, batch * PAIRS + pair), "sell", price(pair));
  }
}

/** Orders that all rest, at prices of their own. */
export async function placeRestingBatch(
  batch: number,
  place: Place,
  users: readonly User[],
): Promise<readonly OrderRecord[]> {
  const orders: OrderRecord[] = [];
  for (let index = 0; index < BATCH_ORDERS; index++) {
    const at = batch * BATCH_ORDERS + index;
    orders.push(await place(userAt(users, at), "sell", price(1_000 + at)));
  }
  return orders;
}

function userAt(users: readonly User[], index: number): User {
  return users[index % users.length] as User;
}

function price(ticks: number): string {
  return ((FIRST_PRICE_CENTS + ticks) / 100).toFixed(2);
}
