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
import { cancelOf, freezeOf, placeOf, termsOf } from "../../support/matching/random-commands.ts";

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

const cancelReason = fc.constantFrom("user", "admin", "account_frozen" as const);
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
    reason: cancelReason,
  }),
  fc.record(
    { kind: fc.constant("cancel_all" as const), id: text, userId: text, side, reason: cancelReason },
    { requiredKeys: ["kind", "id", "userId", "reason"] },
  ),
  fc.record({
    kind: fc.constant("set_account_status" as const),
    id: text,
    userId: text,
    status: fc.constantFrom("active" as const, "frozen" as const),
    number: changeNumber,
  }),
  fc.record({
    kind: fc.constant("set_status" as const),
    id: text,
    status: fc.constantFrom("open" as const, "halted" as const),
    number: changeNumber,
    actor: text,
  }),
);

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** With the usual prototypes, which a drawn record has not, so that it can be compared strictly: no field more, not even one that is undefined. */
function plain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(plain) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)])) as T;
}

describe("what goes over a wire comes back as it was", () => {
  test("an order's terms", () => {
    fc.assert(
      fc.property(
        terms,
        (order) => void expect(termsFromWire(throughJson(termsToWire(order)))).toStrictEqual(plain(order)),
      ),
    );
  });

  test("an event", () => {
    fc.assert(
      fc.property(
        event,
        (each) => void expect(eventFromWire(throughJson(eventToWire(each)))).toStrictEqual(plain(each)),
      ),
    );
  });

  test("a command", () => {
    fc.assert(
      fc.property(
        command,
        (each) => void expect(commandFromWire(throughJson(commandToWire(each)))).toStrictEqual(plain(each)),
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
        expect(unseal(sealed)).toStrictEqual(plain(one));
        for (const field of Object.keys(other) as (keyof Entry)[]) {
          const changed = { ...one, [field]: other[field] };
          const isSame = seal(changed).body === sealed.body;
          expect(seal(changed).hash === sealed.hash).toBe(isSame);
        }
      }),
    );
  });
});

test("events are stored in the form that older journals have", () => {
  const order = termsOf({
    id: "O1",
    side: "sell",
    priceTicks: 7n,
    quantityLots: 2n,
    makerRate: 1n,
    takerRate: 2n,
  });
  const terms = { i: "O1", u: "ALICE", s: "s", p: "7", q: "2", r: ["1", "2"] };
  const back = { ...order, filledLots: 1n, filledQuote: 7n, fee: 3n };
  const cancelled = { commandId: "C1", orderId: "O1", userId: "ALICE", hold: 9n, reason: "user" } as const;
  const stored: readonly (readonly [Event, unknown])[] = [
    [{ type: "opened", order }, ["o", terms]],
    [{ type: "filled", makerId: "O1", lots: 2n, makerFee: 3n, takerFee: 4n }, ["f", "O1", "2", "3", "4"]],
    [{ type: "rested" }, ["r"]],
    [{ type: "closed", orderId: "O1", status: "filled" }, ["c", "O1", "filled"]],
    [
      { type: "closed", orderId: "O1", status: "expired", reason: "unfilled" },
      ["c", "O1", "expired", "unfilled"],
    ],
    [{ type: "pending_cancelled", ...cancelled, side: "buy" }, ["p", "C1", "O1", "ALICE", "b", "9", "user"]],
    [{ type: "pending_cancelled", ...cancelled, side: "sell" }, ["p", "C1", "O1", "ALICE", "s", "9", "user"]],
    [{ type: "suspended", orderId: "O1" }, ["s", "O1"]],
    [{ type: "released", commandId: "R1", order: back }, ["l", "R1", [terms, "1", "7", "3"]]],
    [{ type: "status_set", status: "halted" }, ["m", "halted"]],
    [{ type: "status_set", status: "open", number: 2 }, ["m", "open", 2]],
    [
      { type: "account_status_set", userId: "ALICE", status: "frozen", number: 2 },
      ["a", "ALICE", "frozen", 2],
    ],
    [{ type: "ignored", commandId: "C1", reason: "duplicate" }, ["i", "C1", "duplicate"]],
  ];
  for (const [event, wire] of stored) expect(eventToWire(event)).toEqual(wire);
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

test("an account's first change has the number 1", () => {
  const first = freezeOf("F1", "ALICE");
  expect(commandFromWire(commandToWire(first))).toEqual({ ...first, number: 1 });
});

describe("a message that is no command", () => {
  const order = termsOf({ id: "O1", priceTicks: 10n, quantityLots: 2n });
  const place = commandToWire(placeOf(order));
  const cancel = commandToWire(cancelOf("C1", order));
  const freeze = commandToWire(freezeOf("F1", "ALICE"));
  const spending = termsToWire(termsOf({ id: "O1", type: "market", timeInForce: "IOC", quoteBudget: 5n }));
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
    ["with a taker's rate below zero", wireOf({ r: ["0", "-1"] })],
    ["with a rate that is no number", wireOf({ r: ["0", "x"] })],
    ["a cancel without an order", { ...cancel, orderId: undefined }],
    ["a cancel of an order with an empty id", { ...cancel, orderId: "" }],
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
    [
      "a release of a market buy that has spent its budget",
      { kind: "release", id: "R1", order: [spending, "3", "5", "0"] },
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

  test.each([undefined, null, "place"])("(%s) is said not to be an object", (wire) => {
    expect(() => commandFromWire(wire)).toThrow("a command is an object");
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
