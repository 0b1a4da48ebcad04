import type { MarketStatus } from "../../market/market.ts";
import type { AccountStatus } from "../command.ts";
import type { ClosedStatus, CloseReason, Event, IgnoreReason } from "../event.ts";
import { orderFromWire, orderToWire, type WireOrder } from "./order.ts";
import { termsFromWire, termsToWire, type WireTerms } from "./terms.ts";

/** Events as journal entries carry them: a letter for the type, then the fields in order. */
export type WireEvent =
  | readonly ["o", WireTerms]
  | readonly ["f", makerId: string, lots: string, makerFee: string, takerFee: string]
  | readonly ["r"]
  | readonly ["c", orderId: string, status: ClosedStatus, reason?: CloseReason]
  | readonly [
      "p",
      commandId: string,
      orderId: string,
      userId: string,
      side: "b" | "s",
      hold: string,
      reason: CloseReason,
    ]
  | readonly ["s", orderId: string]
  | readonly ["l", commandId: string, WireOrder]
  | readonly ["m", status: MarketStatus, number?: number]
  | readonly ["a", userId: string, status: AccountStatus, number: number]
  | readonly ["i", commandId: string, reason: IgnoreReason];

export function eventToWire(event: Event): WireEvent {
  switch (event.type) {
    case "opened":
      return ["o", termsToWire(event.order)];
    case "filled":
      return ["f", event.makerId, String(event.lots), String(event.makerFee), String(event.takerFee)];
    case "rested":
      return ["r"];
    case "closed":
      return event.reason === undefined
        ? ["c", event.orderId, event.status]
        : ["c", event.orderId, event.status, event.reason];
    case "pending_cancelled":
      return [
        "p",
        event.commandId,
        event.orderId,
        event.userId,
        event.side === "buy" ? "b" : "s",
        String(event.hold),
        event.reason,
      ];
    case "suspended":
      return ["s", event.orderId];
    case "released":
      return ["l", event.commandId, orderToWire(event.order)];
    case "status_set":
      return event.number === undefined ? ["m", event.status] : ["m", event.status, event.number];
    case "account_status_set":
      return ["a", event.userId, event.status, event.number];
    case "ignored":
      return ["i", event.commandId, event.reason];
  }
}

export function eventFromWire(wire: WireEvent): Event {
  switch (wire[0]) {
    case "o":
      return { type: "opened", order: termsFromWire(wire[1]) };
    case "f":
      return {
        type: "filled",
        makerId: wire[1],
        lots: BigInt(wire[2]),
        makerFee: BigInt(wire[3]),
        takerFee: BigInt(wire[4]),
      };
    case "r":
      return { type: "rested" };
    case "c":
      return {
        type: "closed",
        orderId: wire[1],
        status: wire[2],
        ...(wire[3] === undefined ? {} : { reason: wire[3] }),
      };
    case "p":
      return {
        type: "pending_cancelled",
        commandId: wire[1],
        orderId: wire[2],
        userId: wire[3],
        side: wire[4] === "b" ? "buy" : "sell",
        hold: BigInt(wire[5]),
        reason: wire[6],
      };
    case "s":
      return { type: "suspended", orderId: wire[1] };
    case "l":
      return { type: "released", commandId: wire[1], order: orderFromWire(wire[2]) };
    case "m":
      return { type: "status_set", status: wire[1], ...(wire[2] === undefined ? {} : { number: wire[2] }) };
    case "a":
      return { type: "account_status_set", userId: wire[1], status: wire[2], number: wire[3] };
    case "i":
      return { type: "ignored", commandId: wire[1], reason: wire[2] };
  }
}
