import type { CancelReason, Command } from "../command.ts";
import type { LiveOrder, Side } from "../order.ts";
import { orderFromWire, orderToWire, type WireOrder } from "./order.ts";
import { positive, termsFromWire, termsToWire, text, type WireTerms } from "./terms.ts";

/** Commands as queue messages and continuations carry them. */
export type WireCommand = { readonly kind: string; readonly id: string; readonly [field: string]: unknown };

export function commandToWire(command: Command): WireCommand {
  switch (command.kind) {
    case "place":
      return { kind: "place", id: command.id, order: termsToWire(command.order) };
    case "release":
      return { kind: "release", id: command.id, order: orderToWire(command.order) };
    case "cancel":
      return { ...command, hold: String(command.hold) };
    default:
      return { ...command };
  }
}

/** Throws on whatever is not a command: such a message is journalled as unreadable and completed. */
export function commandFromWire(wire: unknown): Command {
  if (typeof wire !== "object" || wire === null) throw new Error("a command is an object");
  const fields = wire as { readonly [field: string]: unknown };
  const id = text(fields.id);
  switch (fields.kind) {
    case "place": {
      const order = termsFromWire(fields.order as WireTerms);
      if (order.id !== id) throw new Error("an order's command has the order's id");
      return { kind: "place", id, order };
    }
    case "release":
      return { kind: "release", id, order: unfinished(orderFromWire(fields.order as WireOrder)) };
    case "cancel":
      return {
        kind: "cancel",
        id,
        orderId: text(fields.orderId),
        userId: text(fields.userId),
        side: side(fields.side),
        hold: positive(fields.hold),
        reason: cancelReason(fields.reason),
      };
    case "cancel_all":
      return {
        kind: "cancel_all",
        id,
        userId: text(fields.userId),
        ...(fields.side === undefined ? {} : { side: side(fields.side) }),
        reason: cancelReason(fields.reason),
      };
    case "set_account_status": {
      const { status } = fields;
      if (status !== "active" && status !== "frozen") throw new Error("unknown account status");
      return {
        kind: "set_account_status",
        id,
        userId: text(fields.userId),
        status,
        number: count(fields.number),
      };
    }
    case "set_status": {
      const { status } = fields;
      if (status !== "open" && status !== "halted") throw new Error("unknown market status");
      return { kind: "set_status", id, status, number: count(fields.number), actor: text(fields.actor) };
    }
    default:
      throw new Error("unknown kind of command");
  }
}

function side(value: unknown): Side {
  if (value !== "buy" && value !== "sell") throw new Error("unknown side");
  return value;
}

/** An order that is not filled: of a filled one nothing could come back. */
function unfinished(order: LiveOrder): LiveOrder {
  const { quantityLots, quoteBudget, filledLots, filledQuote } = order;
  const isFilled =
    quantityLots === undefined ? filledQuote >= (quoteBudget ?? 0n) : filledLots >= quantityLots;
  if (isFilled) throw new Error("an order that is released has something left");
  return order;
}

/** Changes are numbered from 1. */
function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw new Error("expected a number of a change");
  return value;
}

function cancelReason(value: unknown): CancelReason {
  if (value !== "user" && value !== "admin" && value !== "account_frozen") throw new Error("unknown reason");
  return value;
}
