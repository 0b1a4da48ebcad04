import { LIVE_STATUSES } from "../../lib/orders/order-item.ts";
import { decimalOf, ONE, unitsOf } from "../exchange/decimal.ts";
import type { Balance, NewOrder, Order } from "../exchange/types.ts";
import type { Placing } from "./wire.ts";

export type Deposited = { readonly asset: string; readonly amount: string };
export type Keyed = { readonly id: string; readonly idempotencyKey: string; readonly status: string };

/** In words, what is wrong with an order that the exchange said it accepted; undefined where nothing is. */
export function faultOfPlaced(sent: NewOrder, id: string, found: Order | undefined): string | undefined {
  if (found === undefined) return `order ${id} was acknowledged and does not exist`;
  if (found.status === "pending") return `order ${id} is still pending`;
  const terms: readonly (readonly [string, unknown, unknown])[] = [
    ["market", sent.market, found.market],
    ["side", sent.side, found.side],
    ["type", sent.type, found.type],
    ["price", unitsOrNull(sent.price), unitsOrNull(found.price)],
    ["quantity", unitsOrNull(sent.quantity), unitsOrNull(found.quantity)],
    ["quoteQuantity", unitsOrNull(sent.quoteQuantity), unitsOrNull(found.quoteQuantity)],
    ...(sent.timeInForce === undefined
      ? []
      : [["timeInForce", sent.timeInForce, found.timeInForce] as const]),
  ];
  const differing = terms.find(([, wanted, is]) => wanted !== is);
  return differing === undefined
    ? undefined
    : `order ${id} was placed with ${differing[0]} ${differing[1]} and has ${differing[2]}`;
}

/** What the exchange said of an order must still be so: versions only rise, and what is closed does not change. */
export function faultOfAnswered(answered: Order, found: Order | undefined): string | undefined {
  if (found === undefined) return `order ${answered.id} was answered and does not exist`;
  if ((found.version ?? 0) < (answered.version ?? 0))
    return `order ${found.id} was answered at version ${answered.version} and is at ${found.version}`;
  if (LIVE_STATUSES.includes(answered.status)) return undefined;
  const isSame =
    answered.status === found.status &&
    answered.filledQuantity === found.filledQuantity &&
    answered.filledQuote === found.filledQuote;
  return isSame
    ? undefined
    : `order ${found.id} was answered as ${describe(answered)} and is ${describe(found)}`;
}

/** What was sent under one key may have made one order, besides those that were taken back before they were acknowledged. */
export function faultsOfKeys(
  placings: ReadonlyMap<string, Pick<Placing, "order">>,
  stored: readonly Keyed[],
): readonly string[] {
  const standing = new Map<string, string[]>();
  const faults: string[] = [];
  for (const { id, idempotencyKey, status } of stored) {
    if (!placings.has(idempotencyKey))
      faults.push(`order ${id} has a key that nobody sent: ${idempotencyKey}`);
    if (status === "rejected") continue;
    standing.set(idempotencyKey, [...(standing.get(idempotencyKey) ?? []), id]);
  }
  for (const [key, ids] of standing)
    if (ids.length > 1) faults.push(`key ${key} made ${ids.length} orders: ${ids.join(", ")}`);
  return faults;
}

export type Account = {
  readonly deposits: readonly Deposited[];
  /** All that the user ever placed. */
  readonly orders: readonly Order[];
  readonly balances: readonly Balance[];
};

/** A user's balances must be what the deposits and the orders' fills, fees and holds come to. */
export function faultsOfBalances(who: string, { deposits, orders, balances }: Account): readonly string[] {
  const totals = new Map<string, bigint>();
  const holds = new Map<string, bigint>();
  for (const { asset, amount } of deposits) add(totals, asset, unitsOf(amount));
  for (const order of orders) {
    const [base = "", quote = ""] = order.market.split("-");
    const direction = order.side === "buy" ? 1n : -1n;
    add(totals, base, direction * unitsOf(order.filledQuantity));
    add(totals, quote, -direction * unitsOf(order.filledQuote));
    add(totals, order.fee.asset, -unitsOf(order.fee.amount));
    if (LIVE_STATUSES.includes(order.status)) add(holds, order.side === "buy" ? quote : base, holdOf(order));
  }
  const faults: string[] = [];
  for (const { asset, total, locked } of balances) {
    const wanted = { total: totals.get(asset) ?? 0n, locked: holds.get(asset) ?? 0n };
    if (unitsOf(total) !== wanted.total)
      faults.push(`${asset} of ${who}: ${total} in all, deposits and fills give ${decimalOf(wanted.total)}`);
    if (unitsOf(locked) !== wanted.locked)
      faults.push(`${asset} of ${who}: ${locked} locked, live orders hold ${decimalOf(wanted.locked)}`);
  }
  return faults;
}

/** What the rest of a live order holds, at its own price. */
function holdOf(order: Order): bigint {
  if (order.quoteQuantity !== null) return unitsOf(order.quoteQuantity) - unitsOf(order.filledQuote);
  const rest = unitsOf(order.quantity ?? "0") - unitsOf(order.filledQuantity);
  if (order.side === "sell") return rest;
  const notional = rest * unitsOf(order.price ?? "0");
  if (notional % ONE !== 0n) throw new Error(`the hold of order ${order.id} is no whole number of units`);
  return notional / ONE;
}

function describe({ status, filledQuantity, filledQuote }: Order): string {
  return `${status} (${filledQuantity} for ${filledQuote})`;
}

function add(sums: Map<string, bigint>, asset: string, amount: bigint): void {
  sums.set(asset, (sums.get(asset) ?? 0n) + amount);
}

function unitsOrNull(text: string | null | undefined): bigint | null {
  return text === null || text === undefined ? null : unitsOf(text);
}
