import { type Market, notional } from "../market/market.ts";
import { feeOn } from "../money/fee.ts";
import { divideDown } from "../money/rounding.ts";
import type { CancelReason, Command } from "./command.ts";
import type { Event } from "./event.ts";
import type { MarketState } from "./market-state.ts";
import { type LiveOrder, limitPrice, type OrderTerms, remainingLots, type Side } from "./order.ts";

/** Keeps the work per user bounded, whatever a client does. */
export const MAX_OPEN_ORDERS_PER_USER = 1_000;

/** `out_of_room`: this entry has no room for it, and it did not happen. */
export type Progress = "done" | "out_of_room";

/** Receives the events of a command one by one and applies them. */
export type Emit = (event: Event) => Progress;

/** Decides what a command does, event by event, each on the state that the one before left. */
export function execute(state: MarketState, command: Command, emit: Emit): Progress {
  switch (command.kind) {
    case "place":
      return place(state, command.order, emit);
    case "release":
      return release(state, command, emit);
    case "cancel":
      return cancel(state, command, emit);
    case "cancel_all":
      return cancelAll(state, command, emit);
    case "set_account_status":
      return setAccountStatus(state, command, emit);
    case "set_status": {
      const { id: commandId, status, number } = command;
      const event: Event =
        number <= state.statusNumber
          ? { type: "ignored", commandId, reason: "superseded" }
          : { type: "status_set", status, number };
      return emit(event);
    }
  }
}

function setAccountStatus(
  state: MarketState,
  command: Command & { readonly kind: "set_account_status" },
  emit: Emit,
): Progress {
  const { id: commandId, userId, status, number } = command;
  if (number <= (state.accounts.get(userId)?.number ?? 0))
    return emit({ type: "ignored", commandId, reason: "superseded" });
  if (status === "frozen" && cancelAll(state, { userId, reason: "account_frozen" }, emit) === "out_of_room")
    return "out_of_room";
  return emit({ type: "account_status_set", userId, status, number });
}

function place(state: MarketState, terms: OrderTerms, emit: Emit): Progress {
  // A continuation resumes in the middle: then this order is the taker already.
  if (state.taker?.id !== terms.id) {
    if (state.book.get(terms.id) !== undefined)
      return emit({ type: "ignored", commandId: terms.id, reason: "duplicate" });
    if (emit({ type: "opened", order: terms }) === "out_of_room") return "out_of_room";
    const refusal = refusalOf(state, terms);
    if (refusal !== undefined)
      return emit({ type: "closed", orderId: terms.id, status: "rejected", reason: refusal });
  }
  return match(state, emit);
}

function release(state: MarketState, command: Command & { readonly kind: "release" }, emit: Emit): Progress {
  const { id: commandId, order } = command;
  if (state.taker?.id !== order.id) {
    const reason = state.book.get(order.id) === undefined ? refusalOf(state, order) : "duplicate";
    if (reason !== undefined) return emit({ type: "ignored", commandId, reason });
    if (emit({ type: "released", commandId, order }) === "out_of_room") return "out_of_room";
  }
  return match(state, emit);
}

function refusalOf(
  state: MarketState,
  terms: OrderTerms,
): "market_halted" | "account_frozen" | "too_many_open_orders" | undefined {
  if (state.status === "halted") return "market_halted";
  if (state.isFrozen(terms.userId)) return "account_frozen";
  if (state.book.countOf(terms.userId) >= MAX_OPEN_ORDERS_PER_USER) return "too_many_open_orders";
  return undefined;
}

/** Price, then time: the taker meets the best resting order until it is filled, nothing crosses, or it may not go on. */
function match(state: MarketState, emit: Emit): Progress {
  for (let taker = state.taker; taker !== undefined; taker = state.taker) {
    const maker = state.book.best(taker.side === "buy" ? "sell" : "buy");
    if (maker === undefined || !crosses(taker, maker)) return emit(restOf(taker));
    const end = endAgainst(state.market, taker, maker);
    if (end !== undefined) return emit(end);
    const lots = lotsOf(state.market, taker, maker);
    if (emit(fillOf(state.market, { taker, maker, lots })) === "out_of_room") return "out_of_room";
  }
  return "done";
}

function crosses(taker: LiveOrder, maker: LiveOrder): boolean {
  if (taker.type === "market") return true;
  return taker.side === "buy"
    ? limitPrice(taker) >= limitPrice(maker)
    : limitPrice(taker) <= limitPrice(maker);
}

/** What becomes of a taker that finds nothing more. */
function restOf(taker: LiveOrder): Event {
  if (isSpent(taker)) return { type: "closed", orderId: taker.id, status: "filled" };
  if (taker.type === "limit" && taker.timeInForce === "GTC") return { type: "rested" };
  return { type: "closed", orderId: taker.id, status: "expired", reason: "unfilled" };
}

/** A market buy that has spent its budget to the last unit is filled, whatever else the book holds or lacks. */
function isSpent({ quoteBudget, filledQuote }: LiveOrder): boolean {
  return quoteBudget === filledQuote;
}

/** Why a taker must not trade with the maker that it meets, if so. */
function endAgainst(market: Market, taker: LiveOrder, maker: LiveOrder): Event | undefined {
  if (isSpent(taker)) return { type: "closed", orderId: taker.id, status: "filled" };
  if (taker.userId === maker.userId) {
    return { type: "closed", orderId: taker.id, status: "cancelled", reason: "self_trade" };
  }
  if (lotsOf(market, taker, maker) > 0n) return undefined;
  // The rest of a market buy's budget does not pay for one more lot: as filled as it can be.
  if (taker.filledLots > 0n) return { type: "closed", orderId: taker.id, status: "filled" };
  return { type: "closed", orderId: taker.id, status: "expired", reason: "unfilled" };
}

function lotsOf(market: Market, taker: LiveOrder, maker: LiveOrder): bigint {
  const offered = remainingLots(maker);
  const wanted =
    taker.quoteBudget === undefined
      ? remainingLots(taker)
      : divideDown(taker.quoteBudget - taker.filledQuote, notional(market, limitPrice(maker), 1n));
  return wanted < offered ? wanted : offered;
}

function fillOf(market: Market, fill: { taker: LiveOrder; maker: LiveOrder; lots: bigint }): Event {
  const { taker, maker, lots } = fill;
  const received = (side: Side) =>
    side === "buy" ? lots * market.lotUnits : notional(market, limitPrice(maker), lots);
  return {
    type: "filled",
    makerId: maker.id,
    lots,
    makerFee: feeOn(received(maker.side), maker.makerRate),
    takerFee: feeOn(received(taker.side), taker.takerRate),
  };
}

function cancel(state: MarketState, command: Command & { readonly kind: "cancel" }, emit: Emit): Progress {
  const { id: commandId, orderId, userId, side, hold, reason } = command;
  const resting = state.book.get(orderId);
  if (resting !== undefined && resting.userId !== userId)
    throw new Error(`order ${orderId} is not of user ${userId}`);
  const event: Event =
    resting === undefined
      ? { type: "pending_cancelled", commandId, orderId, userId, side, hold, reason }
      : { type: "closed", orderId, status: "cancelled", reason };
  return emit(event);
}

function cancelAll(
  state: MarketState,
  { userId, side, reason }: { userId: string; side?: Side | undefined; reason: CancelReason },
  emit: Emit,
): Progress {
  for (const order of state.book.ordersOf(userId)) {
    if (side !== undefined && order.side !== side) continue;
    const closed: Event = { type: "closed", orderId: order.id, status: "cancelled", reason };
    if (emit(closed) === "out_of_room") return "out_of_room";
  }
  return "done";
}
