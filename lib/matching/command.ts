import type { MarketStatus } from "../market/market.ts";
import type { LiveOrder, OrderTerms, Side } from "./order.ts";

/**
 * What a market can be told. Every command has an id of its own; a new order's is the order's.
 */
export type Command =
  | { readonly kind: "place"; readonly id: string; readonly order: OrderTerms }
  | {
      readonly kind: "cancel";
      readonly id: string;
      readonly orderId: string;
      readonly userId: string;
      /** What the order locked when it was accepted: released where the order never reached the book. */
      readonly side: Side;
      readonly hold: bigint;
      readonly reason: CancelReason;
    }
  /** A suspended order comes back with what is left of it, behind all others at its price. */
  | { readonly kind: "release"; readonly id: string; readonly order: Readonly<LiveOrder> }
  | {
      readonly kind: "cancel_all";
      readonly id: string;
      readonly userId: string;
      readonly side?: Side;
      readonly reason: CancelReason;
    }
  /**
   * `frozen` cancels all orders of an account and refuses further ones until it is `active` again. Changes of one account are numbered
   * where they are wished for, and of two the higher number wins in whatever order they arrive; the same holds for a market's status.
   */
  | {
      readonly kind: "set_account_status";
      readonly id: string;
      readonly userId: string;
      readonly status: AccountStatus;
      readonly number: number;
    }
  | {
      readonly kind: "set_status";
      readonly id: string;
      readonly status: MarketStatus;
      readonly number: number;
      readonly actor: string;
    };

/** The order that a command brings into the market, if it is of that kind. */
export function enteringOrder(command: Command): OrderTerms | undefined {
  return command.kind === "place" || command.kind === "release" ? command.order : undefined;
}

export type AccountStatus = "active" | "frozen";

export type CancelReason = "user" | "admin" | "account_frozen";
