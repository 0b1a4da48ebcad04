import { describe, expect, test } from "vitest";
import { classify, type Slot, transactionOf } from "../../../lib/matcher/transaction.ts";
import { Effects } from "../../../lib/matching/effects.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { advance, NO_EXCLUSIONS, type Plan, plan } from "../../../lib/matching/plan.ts";
import type { SlotReason } from "../../../lib/store/store.ts";
import { queued } from "../../support/matching/play.ts";
import { cancelOf, MARKET, placeOf, termsOf } from "../../support/matching/random-commands.ts";

const SLOTS: readonly Slot[] = [
  { kind: "fence" },
  { kind: "pending", orderId: "O1" },
  { kind: "pending", orderId: "O2" },
  { kind: "owned", userId: "ALICE" },
  { kind: "owned", userId: "ALICE" },
  { kind: "owned", userId: "BOB" },
  { kind: "applied" },
];

/** One letter a slot: . none, x condition, c conflict, t throttled. */
function reasons(letters: string): readonly SlotReason[] {
  const codes = { ".": "none", x: "condition", c: "conflict", t: "throttled" } as const;
  return [...letters].map((letter) => ({ code: codes[letter as keyof typeof codes] }));
}

describe("a cancelled transaction", () => {
  test.each<[string, ReturnType<typeof classify>]>([
    ["xxxxxx.", { kind: "fence" }],
    ["xcxtxx.", { kind: "fence" }],
    ["x......", { kind: "fence" }],
    [".xcxx..", { kind: "busy", conflicts: 1, userIds: [] }],
    ["..ct.c.", { kind: "busy", conflicts: 2, userIds: ["BOB"] }],
    ["....t..", { kind: "busy", conflicts: 0, userIds: [] }],
    ["c......", { kind: "busy", conflicts: 1, userIds: [] }],
    [".xxxxx.", { kind: "not_pending", orderIds: ["O1", "O2"] }],
    ["..x.x..", { kind: "not_pending", orderIds: ["O2"] }],
    ["...xxx.", { kind: "broken", userIds: ["ALICE", "BOB"] }],
    [".....x.", { kind: "broken", userIds: ["BOB"] }],
  ])("(%s) is %j: fence, then conflict and throttle, then order, then wallet", (letters, failure) => {
    expect(classify(reasons(letters), SLOTS)).toEqual(failure);
  });

  test("without any reason is a fault", () => {
    expect(() => classify(reasons("......."), SLOTS)).toThrow(/without a reason/);
    expect(() => classify(reasons("......x"), SLOTS)).toThrow(/without a reason/);
  });
});

function planned(commands: Parameters<typeof queued>[0], state = new MarketState(MARKET)): Plan {
  return plan(state, { epoch: "epoch", commands: queued(commands) });
}

describe("a plan's transaction", () => {
  const one = { priceTicks: 100n, quantityLots: 1n };

  test("names each item once, whatever happened to it, and has a slot for each write", () => {
    const order = termsOf({ id: "O1", ...one, quantityLots: 3n });
    const { writes, slots } = transactionOf(
      planned([
        placeOf(order),
        placeOf({ id: "S1", userId: "BOB", side: "sell", ...one }),
        placeOf({ id: "S2", userId: "BOB", side: "sell", ...one }),
        cancelOf("C1", order),
        cancelOf("C2", termsOf({ id: "O9", userId: "CAROL", ...one })),
        { kind: "set_status", id: "H1", status: "halted", number: 1, actor: "ADMIN" },
        { kind: "set_status", id: "H2", status: "open", number: 2, actor: "ADMIN" },
        { kind: "set_account_status", id: "F1", userId: "DAVE", status: "frozen", number: 3 },
        { kind: "set_account_status", id: "F2", userId: "DAVE", status: "active", number: 4 },
      ]),
    );
    expect(writes.map(({ table, kind }) => `${kind} ${table}`)).toEqual([
      "put journal",
      "update orders",
      "update orders",
      "update orders",
      "update orders",
      "update wallets",
      "update wallets",
      "update wallets",
      "update market-data",
      "update market-data",
    ]);
    expect(slots).toEqual([
      { kind: "fence" },
      ...["O1", "S1", "S2", "O9"].map((orderId) => ({ kind: "pending", orderId })),
      ...["ALICE", "BOB", "CAROL"].map((userId) => ({ kind: "owned", userId })),
      { kind: "applied" },
      { kind: "applied" },
    ]);
    expect(writes[1]).toMatchObject({
      set: { status: "cancelled", reason: "user", filledLots: 2n },
      remove: ["pendingUserId"],
    });
    expect(writes[4]).toMatchObject({
      set: { status: "cancelled", reason: "user" },
      when: [{ attribute: "status", is: "equal", to: "pending" }],
    });
    expect(writes[5]).toMatchObject({ set: { "version:BTC-USDT": 1n } });
    expect(writes.at(-2)).toMatchObject({
      key: { sk: "GATE" },
      set: { status: "open", applied: 2n },
    });
    expect(writes.at(-1)).toMatchObject({ key: { sk: "ACCOUNT#DAVE" }, set: { applied: 4n } });
  });

  test("of a new order that rests says how it stands, moves it to the live ones, and needs it to be pending", () => {
    const { writes } = transactionOf(planned([placeOf({ id: "O1", ...one })]));
    expect(writes[1]).toStrictEqual({
      kind: "update",
      table: "orders",
      key: { pk: "USER#ALICE", sk: "ORDER#O1" },
      set: {
        status: "open",
        filledLots: 0n,
        filledQuote: 0n,
        fee: 0n,
        version: 1n,
        updatedAtMs: 1_001n,
        liveUserId: "ALICE",
      },
      remove: ["pendingUserId"],
      when: [{ attribute: "status", is: "equal", to: "pending" }],
    });
  });

  test("of a resting order that is filled in part removes nothing, and needs it to live", () => {
    const state = new MarketState(MARKET);
    const maker = placeOf({ id: "S1", userId: "BOB", side: "sell", ...one, quantityLots: 2n });
    advance(state, planned([maker], state));
    const { writes } = transactionOf(planned([placeOf({ id: "B1", ...one })], state));
    const fee = state.book.get("S1")?.fee;
    expect(writes.find((write) => write.kind === "update" && write.key.sk === "ORDER#S1")).toStrictEqual({
      kind: "update",
      table: "orders",
      key: { pk: "USER#BOB", sk: "ORDER#S1" },
      set: {
        status: "partially_filled",
        filledLots: 1n,
        filledQuote: 100n * MARKET.tickLotUnits,
        fee,
        firstFillMs: 1_001n,
        lastFillMs: 1_001n,
        version: 2n,
        updatedAtMs: 1_001n,
      },
      when: [{ attribute: "liveUserId", is: "present" }],
    });
  });

  test("says when an order was filled first and last, and leaves that alone where an entry fills nothing of it", () => {
    const state = new MarketState(MARKET);
    const maker = termsOf({ id: "S1", userId: "BOB", side: "sell", ...one, quantityLots: 4n });
    const timesOf = (timeMs: number, ...commands: Parameters<typeof queued>[0]): object => {
      const later = queued(commands).map((command) => ({ ...command, timeMs }));
      const next = plan(state, { epoch: `epoch ${timeMs}`, commands: later });
      const { writes } = transactionOf(next);
      advance(state, next);
      const write = writes.find((each) => each.kind === "update" && each.key.sk === "ORDER#S1");
      const { firstFillMs, lastFillMs } = (write?.kind === "update" ? write.set : undefined) ?? {};
      return { firstFillMs, lastFillMs };
    };
    expect(timesOf(2_000, placeOf(maker))).toEqual({});
    // Two trades of one entry are one time.
    const buys = [placeOf({ id: "B1", ...one }), placeOf({ id: "B2", ...one })];
    expect(timesOf(3_000, ...buys)).toEqual({ firstFillMs: 3_000n, lastFillMs: 3_000n });
    expect(timesOf(4_000, placeOf({ id: "B3", ...one }))).toEqual({ lastFillMs: 4_000n });
    expect(timesOf(5_000, cancelOf("C1", maker))).toEqual({});
  });

  test("lets a suspended order in on condition that it waits for this release, which a failure then names", () => {
    const state = new MarketState(MARKET);
    const order = { ...termsOf({ id: "O1", ...one }), filledLots: 0n, filledQuote: 0n, fee: 0n };
    const { writes, slots } = transactionOf(planned([{ kind: "release", id: "R1", order }], state));
    expect(writes[1]).toMatchObject({
      set: { status: "open" },
      remove: ["reason"],
      when: [
        { attribute: "reason", is: "equal", to: "suspended" },
        { attribute: "resolution", is: "equal", to: "R1" },
      ],
    });
    expect(slots[1]).toEqual({ kind: "releasable", commandId: "R1" });
    expect(classify(reasons(".x"), slots)).toEqual({ kind: "not_pending", orderIds: ["R1"] });
  });

  test("of a released order that ends at once replaces the reason of its suspension by that of its end", () => {
    const terms = termsOf({ id: "O1", side: "sell", type: "market", timeInForce: "IOC", quantityLots: 1n });
    const order = { ...terms, filledLots: 0n, filledQuote: 0n, fee: 0n };
    const { writes } = transactionOf(planned([{ kind: "release", id: "R1", order }]));
    expect(writes[1]).toMatchObject({
      set: { status: "expired", reason: "unfilled" },
      remove: ["liveUserId"],
    });
  });

  test("of a suspension forgets by which operation an earlier one was resolved", () => {
    const state = new MarketState(MARKET);
    advance(state, planned([placeOf({ id: "O1", ...one })], state));
    const suspended = { ...NO_EXCLUSIONS, suspended: new Set(["O1"]) };
    const again = plan(state, { epoch: "epoch", commands: [] }, suspended);
    expect(transactionOf(again).writes[1]).toMatchObject({
      set: { reason: "suspended" },
      remove: ["resolution"],
    });
  });

  test("leaves out the wallet of an order that only rests", () => {
    const { writes } = transactionOf(planned([placeOf({ id: "O1", ...one })]));
    expect(writes.map(({ table }) => table)).toEqual(["journal", "orders"]);
  });

  test("never takes what was not reserved", () => {
    const plan = planned([placeOf({ id: "O1", ...one })]);
    const effects = new Effects();
    effects.changeWallet("ALICE", "USDT", -1n, 1n);
    expect(() => transactionOf({ ...plan, effects })).toThrow(/not reserved/);
  });
});
