import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command } from "../../../lib/matching/command.ts";
import { type Entry, seal, unseal } from "../../../lib/matching/entry.ts";
import type { CloseReason, Event } from "../../../lib/matching/event.ts";
import type { OrderTerms } from "../../../lib/matching/order.ts";
import { commandFromWire, commandToWire, type WireCommand } from "../../../lib/matching/wire/command.ts";
import { eventFromWire, eventToWire } from "../../../lib/matching/wire/event.ts";
import { commandMessage, readMessage } from "../../../lib/matching/wire/message.ts";
import { termsFromWire, termsToWire } from "../../../lib/matching/wire/terms.ts";
import {
  cancelOf,
  freezeOf,
  placeOf,
  randomCommands,
  termsOf,
} from "../../support/matching/random-commands.ts";

const text = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" });
const units = fc.bigInt({ min: 1n, max: 10n ** 38n });
const side = fc.constantFrom("buy" as const, "sell" as const);
const common = {
  id: text,
  userId: text,
  makerRate: fc.bigInt(0n, 10n ** 6n),
  takerRate: fc.bigInt(0n, 10n ** 6n),
};

const terms = fc.oneof(
  fc.record({
    ...common,
    side,
    type: fc.constant("limit" as const),
    timeInForce: fc.constantFrom("GTC" as const, "IOC" as const),
    priceTicks: units,
    quantityLots: units,
  }),
  fc.record({
    ...common,
    side: fc.constant("sell" as const),
    type: fc.constant("market" as const),
    timeInForce: fc.constant("IOC" as const),
    quantityLots: units,
  }),
  fc.record({
    ...common,
    side: fc.constant("buy" as const),
    type: fc.constant("market" as const),
    timeInForce: fc.constant("IOC" as const),
    quoteBudget: units,
  }),
);

const closeReason = fc.constantFrom<CloseReason>(
  "user",
  "admin",
  "account_frozen",
  "self_trade",
  "unfilled",
  "market_halted",
  "too_many_open_orders",
);
const closedStatus = fc.constantFrom(
  "filled" as const,
  "cancelled" as const,
  "expired" as const,
  "rejected" as const,
);
const is = <T extends string>(type: T) => ({ type: fc.constant(type) });

const amount = fc.bigInt({ min: 0n, max: 10n ** 38n });
const liveOrder = fc
  .record({ terms, filledLots: amount, filledQuote: amount, fee: amount })
  .map(({ terms: order, ...filled }) => ({ ...order, ...filled }));
/** With something left of it. */
const unfilled = fc
  .record({ terms: terms as fc.Arbitrary<OrderTerms>, fee: amount })
  .map(({ terms: order, fee }) => ({
    ...order,
    filledLots: (order.quantityLots ?? 1n) - 1n,
    filledQuote: (order.quoteBudget ?? 1n) - 1n,
    fee,
  }));
const changeNumber = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ ...is("opened"), order: terms }),
  fc.record({ ...is("filled"), makerId: text, lots: units, makerFee: units, takerFee: units }),
  fc.record({ ...is("rested") }),
  fc.record({ ...is("closed"), orderId: text, status: closedStatus }),
  fc.record({ ...is("closed"), orderId: text, status: closedStatus, reason: closeReason }),
  fc.record({
    ...is("pending_cancelled"),
    commandId: text,
    orderId: text,
    userId: text,
    side,
    hold: units,
    reason: closeReason,
  }),
  fc.record({ ...is("suspended"), orderId: text }),
  fc.record({ ...is("released"), commandId: text, order: liveOrder }),
  fc.record({ ...is("status_set"), status: fc.constantFrom("open" as const, "halted" as const) }),
  fc.record({
    ...is("status_set"),
    status: fc.constantFrom("open" as const, "halted" as const),
    number: changeNumber,
  }),
  fc.record({
    ...is("account_status_set"),
    userId: text,
    status: fc.constantFrom("active" as const, "frozen" as const),
    number: changeNumber,
  }),
  fc.record({
    ...is("ignored"),
    commandId: text,
    reason: fc.constantFrom(
      "not_pending",
      "order_closed",
      "duplicate",
      "unreadable",
      "superseded",
      "market_halted",
      "account_frozen",
      "too_many_open_orders",
      "suspended",
      "engine_fault" as const,
    ),
  }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  terms.map((order): Command => ({ kind: "place", id: order.id, order })),
  fc.record({ kind: fc.constant("release" as const), id: text, order: unfilled }),
  fc.record({
    kind: fc.constant("cancel" as const),
    id: text,
    orderId: text,
    userId: text,
    side,
    hold: units,
    reason: fc.constantFrom("user", "admin", "account_frozen" as const),
  }),
  randomCommands.map((commands) => commands[0] as Command),
);

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

describe("what goes over a wire comes back as it was", () => {
  test("an order's terms", () => {
    fc.assert(
      fc.property(
        terms,
        (order) => void expect(termsFromWire(throughJson(termsToWire(order)))).toEqual(order),
      ),
    );
  });

  test("an event", () => {
    fc.assert(
      fc.property(event, (each) => void expect(eventFromWire(throughJson(eventToWire(each)))).toEqual(each)),
    );
  });

  test("a command", () => {
    fc.assert(
      fc.property(
        command,
        (each) => void expect(commandFromWire(throughJson(commandToWire(each)))).toEqual(each),
      ),
    );
  });

  test("an entry, whose hash covers every field", () => {
    const level = fc.tuple(units, fc.bigInt(0n, 10n ** 20n));
    const entry: fc.Arbitrary<Entry> = fc.record(
      {
        market: text,
        version: fc.nat(),
        previousHash: text,
        epoch: text,
        lastSequence: units.map(String),
        timeMs: fc.nat(),
        commands: fc.array(text),
        events: fc.array(event),
        levels: fc.record({ buy: fc.array(level), sell: fc.array(level) }),
        fees: fc.record({ base: units, quote: units }),
        continuation: fc.record({ epoch: text, sequence: units.map(String), command }),
      },
      {
        requiredKeys: [
          "market",
          "version",
          "previousHash",
          "epoch",
          "lastSequence",
          "timeMs",
          "commands",
          "events",
          "levels",
          "fees",
        ],
      },
    );
    fc.assert(
      fc.property(entry, entry, (one, other) => {
        const sealed = seal(one);
        expect(unseal(sealed)).toEqual(one);
        for (const field of Object.keys(other) as (keyof Entry)[]) {
          const changed = { ...one, [field]: other[field] };
          const isSame = seal(changed).body === sealed.body;
          expect(seal(changed).hash === sealed.hash).toBe(isSame);
        }
      }),
    );
  });
});

test("a command that is sent arrives as it was, under its own id and with its request's correlation id", () => {
  const command = placeOf({ id: "O1", priceTicks: 7n, quantityLots: 2n });
  const { id, body } = commandMessage(command, "request-1");
  expect(id).toBe("O1");
  expect(readMessage({ messageId: "M1", body, sequence: "7", sentMs: 5 })).toEqual({
    id: "O1",
    correlationId: "request-1",
    sequence: "7",
    timeMs: 5,
    command,
  });
});

describe("a message that is no command", () => {
  const order = termsOf({ id: "O1", priceTicks: 10n, quantityLots: 2n });
  const place = commandToWire(placeOf(order));
  const cancel = commandToWire(cancelOf("C1", order));
  const freeze = commandToWire(freezeOf("F1", "ALICE"));
  const wireOf = (change: object) => ({ ...place, order: { ...(place.order as object), ...change } });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "place"],
    ["of an unknown kind", { ...place, kind: "amend" }],
    ["without an id", { ...place, id: undefined }],
    ["with an empty id", { ...place, id: "" }],
    ["with a number for an id", { ...place, id: 7 }],
    ["a placement under another id than its order's", { ...place, id: "O2" }],
    ["a placement without an order", { ...place, order: undefined }],
    ["with an unknown side", wireOf({ s: "x" })],
    ["with an unknown type", wireOf({ y: "s" })],
    ["with an unknown time in force", wireOf({ g: "F" })],
    ["with a price of zero", wireOf({ p: "0" })],
    ["with a price below zero", wireOf({ p: "-1" })],
    ["with a price that is no whole number", wireOf({ p: "1.5" })],
    ["with a quantity that is a number", wireOf({ q: 2 })],
    ["with a quantity of zero", wireOf({ q: "0" })],
    ["a limit order without a price", wireOf({ p: undefined })],
    ["a limit order without a quantity", wireOf({ q: undefined })],
    ["a limit order with a budget", wireOf({ b: "5" })],
    ["a market order with a price", wireOf({ y: "m" })],
    ["a market buy with a quantity", wireOf({ y: "m", p: undefined })],
    ["a market sell with a budget", wireOf({ y: "m", s: "s", p: undefined, b: "5" })],
    ["without rates", wireOf({ r: undefined })],
    ["with a rate below zero", wireOf({ r: ["-1", "0"] })],
    ["with a rate that is no number", wireOf({ r: ["0", "x"] })],
    ["a cancel without an order", { ...cancel, orderId: undefined }],
    ["a cancel with an unknown side", { ...cancel, side: "both" }],
    ["a cancel with an unknown reason", { ...cancel, reason: "whim" }],
    ["a cancel with a hold below zero", { ...cancel, hold: "-5" }],
    ["a cancel with a hold of nothing", { ...cancel, hold: "0" }],
    [
      "a cancel of all with an unknown side",
      { kind: "cancel_all", id: "C1", userId: "ALICE", side: "both", reason: "user" },
    ],
    ["a release of nothing", { kind: "release", id: "R1" }],
    ["a release of what is filled", { kind: "release", id: "R1", order: [place.order, "2", "0", "0"] }],
    [
      "a release of what is filled below zero",
      { kind: "release", id: "R1", order: [place.order, "-1", "0", "0"] },
    ],
    ["a freeze of nobody", { ...freeze, userId: undefined }],
    ["an account's unknown status", { ...freeze, status: "closed" }],
    ["a freeze without a number", { ...freeze, number: undefined }],
    ["a freeze with half a number", { ...freeze, number: 1.5 }],
    ["an unknown status", { kind: "set_status", id: "S1", status: "closed", number: 1, actor: "ADMIN" }],
    [
      "a halt with number zero",
      { kind: "set_status", id: "S1", status: "halted", number: 0, actor: "ADMIN" },
    ],
  ])("(%s) is refused, and as a message keeps its place", (_, wire) => {
    expect(() => commandFromWire(wire)).toThrow();
    const body = JSON.stringify({ command: wire as WireCommand, correlationId: "c" });
    expect(readMessage({ messageId: "M1", body, sequence: "7", sentMs: 5 })).toEqual({
      id: "M1",
      correlationId: "M1",
      sequence: "7",
      timeMs: 5,
      command: undefined,
    });
  });

  test.each(["", "{", "null", "[]", "7", '"text"', "{}"])("(%s) is unreadable", (body) => {
    expect(readMessage({ messageId: "M1", body, sequence: "7", sentMs: 5 })).toMatchObject({
      id: "M1",
      command: undefined,
    });
  });

  test("but a command without a correlation id is one, known by its message", () => {
    const body = JSON.stringify({ command: place });
    expect(readMessage({ messageId: "M1", body, sequence: "7", sentMs: 5 })).toMatchObject({
      id: "O1",
      correlationId: "M1",
    });
  });
});
