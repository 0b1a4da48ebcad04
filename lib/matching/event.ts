import type { MarketStatus } from "../market/market.ts";
import type { AccountStatus } from "./command.ts";
import type { LiveOrder, OrderTerms, Side } from "./order.ts";

/** Why an order ended other than by being filled; part of the public contract (`reason`). */
export type CloseReason =
  | "user"
  | "admin"
  | "account_frozen"
  | "self_trade"
  | "unfilled"
  | "market_halted"
  | "too_many_open_orders";

export type ClosedStatus = "filled" | "cancelled" | "expired" | "rejected";

/** Why a command did nothing. */
export type IgnoreReason =
  /** The order is not there to be placed or released: voided, resolved otherwise, or let in before. */
  | "not_pending"
  /** The order of a cancel was closed already. */
  | "order_closed"
  | "duplicate"
  /** A release that the market does not let in now: its order stays suspended. */
  | "market_halted"
  | "account_frozen"
  | "too_many_open_orders"
  | "unreadable"
  /** A later change of the same account or market was applied before. */
  | "superseded"
  /** Its order was suspended in the same entry. */
  | "suspended"
  | "engine_fault";

/**
 * What happened, with all that a replay needs. State changes only by applying these, live and in replay alike.
 * Amounts are in smallest units, quantities in lots, prices in ticks.
 */
export type Event =
  /** A pending order reached the market; it is the taker until it rests or closes. */
  | { readonly type: "opened"; readonly order: OrderTerms }
  /** The taker trades against the first order in the other side's queue, at that order's price. */
  | {
      readonly type: "filled";
      readonly makerId: string;
      readonly lots: bigint;
      readonly makerFee: bigint;
      readonly takerFee: bigint;
    }
  /** What is left of the taker joins the book. */
  | { readonly type: "rested" }
  /** An order, the taker or a resting one, ends; what it still held is released. */
  | {
      readonly type: "closed";
      readonly orderId: string;
      readonly status: ClosedStatus;
      readonly reason?: CloseReason;
    }
  /** An order that never reached the market is cancelled and its hold released. */
  | {
      readonly type: "pending_cancelled";
      readonly commandId: string;
      readonly orderId: string;
      readonly userId: string;
      readonly side: Side;
      readonly hold: bigint;
      readonly reason: CloseReason;
    }
  /** An order whose wallet contradicts the journal leaves the book, hold kept, until an admin has looked. */
  | { readonly type: "suspended"; readonly orderId: string }
  /** An admin lets a suspended order in again: it is the taker until it rests or closes. */
  | { readonly type: "released"; readonly commandId: string; readonly order: Readonly<LiveOrder> }
  /** Without a number, the market has halted itself. */
  | { readonly type: "status_set"; readonly status: MarketStatus; readonly number?: number }
  /** Comes after all that the change brings about: whoever sees it knows that the change is complete. */
  | {
      readonly type: "account_status_set";
      readonly userId: string;
      readonly status: AccountStatus;
      readonly number: number;
    }
  | { readonly type: "ignored"; readonly commandId: string; readonly reason: IgnoreReason };
