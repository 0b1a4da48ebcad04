import type { CancelReason, Command } from "../command.ts";
import type { Side } from "../order.ts";
import { positive, termsFromWire, termsToWire, text, type WireTerms } from "./terms.ts";

/** Commands as queue messages and continuations carry them. */
export type WireCommand = { readonly kind: string; readonly id: string; readonly [field: string]: unknown };

export function commandToWire(command: Command): WireCommand {
  switch (command.kind) {
    case "place":
      return { kind: "place", id: command.id, order: termsToWire(command.order) };
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
    case "freeze":
    case "unfreeze":
      return { kind: fields.kind, id, userId: text(fields.userId) };
    case "set_status": {
      const status = fields.status;
      if (status !== "open" && status !== "halted") throw new Error("unknown market status");
      return { kind: "set_status", id, status, actor: text(fields.actor) };
    }
    default:
      throw new Error("unknown kind of command");
  }
}

function side(value: unknown): Side {
  if (value !== "buy" && value !== "sell") throw new Error("unknown side");
  return value;
}

function cancelReason(value: unknown): CancelReason {
  if (value !== "user" && value !== "admin" && value !== "account_frozen") throw new Error("unknown reason");
  return value;
}
