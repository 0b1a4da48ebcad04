import { beforeEach, describe, expect, test } from "vitest";
import { transactionOf } from "../../../lib/matcher/transaction.ts";
import type { Command } from "../../../lib/matching/command.ts";
import { unseal } from "../../../lib/matching/entry.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import {
  advance,
  type Exclusions,
  NO_EXCLUSIONS,
  type Plan,
  plan,
  type QueuedCommand,
} from "../../../lib/matching/plan.ts";
import { replay } from "../../../lib/matching/replay.ts";
import { stateText } from "../../../lib/matching/snapshot.ts";
import { EPOCH, queued } from "../../support/matching/play.ts";
import { cancelOf, freezeOf, MARKET, placeOf, termsOf } from "../../support/matching/random-commands.ts";

let state: MarketState;
/** Replays what is committed, so that every test compares both. */
let follower: MarketState;

beforeEach(() => {
  state = new MarketState(MARKET);
  follower = new MarketState(MARKET);
});

function planOf(commands: readonly QueuedCommand[], exclusions = NO_EXCLUSIONS, epoch = EPOCH): Plan {
  return plan(state, { epoch, commands }, exclusions);
}

function commit(planned: Plan): Plan {
  advance(state, planned);
  expect(unseal(planned.sealed)).toStrictEqual(planned.entry);
  replay(follower, planned.sealed);
  expect(stateText(follower)).toBe(stateText(state));
  return planned;
}

let sequence = 1;
function run(commands: readonly Command[]): Plan {
  const batch = queued(commands, sequence);
  sequence += commands.length;
  const planned = commit(planOf(batch));
  expect(planned.completed).toBe(commands.length);
  return planned;
}

const one = { priceTicks: 100n, quantityLots: 1n };

/** Sell orders of one lot each; every user has as many of them as `each` says. */
function makers(count: number, each = 1): void {
  for (let index = 0; index < count; index++) {
    run([placeOf({ id: `S${index}`, userId: `M${Math.floor(index / each)}`, side: "sell", ...one })]);
  }
}

function sweep(id: string, lots: number): Command {
  return placeOf({ id, priceTicks: 100n, quantityLots: BigInt(lots) });
}

function kinds({ entry }: Plan): string {
  return entry.events
    .map((event) => (event.type === "ignored" ? `${event.commandId}:${event.reason}` : event.type))
    .join(" ");
}

describe("an entry", () => {
  test("follows the one before: next version, its hash, the queue's last number, never an earlier time", () => {
    const first = run([placeOf({ id: "O1", ...one })]);
    const later = {
      ...(queued([placeOf({ id: "O2", ...one })], 900)[0] as QueuedCommand),
      timeMs: first.entry.timeMs - 500,
    };
    const second = commit(planOf([later]));
    expect(second.entry).toMatchObject({
      version: first.entry.version + 1,
      previousHash: first.sealed.hash,
      epoch: EPOCH,
      lastSequence: "900",
      timeMs: first.entry.timeMs,
      commands: ["O2"],
    });
    const third = commit(planOf(queued([placeOf({ id: "O3", ...one })], 5_000)));
    expect(third.entry.timeMs).toBe(6_000);
  });

  test("is written even where no command does anything", () => {
    const planned = commit(
      planOf(queued([undefined, { kind: "cancel_all", id: "A1", userId: "ALICE", reason: "user" }])),
    );
    expect(kinds(planned)).toBe("M1:unreadable");
    expect(planned.entry).toMatchObject({ commands: ["M1", "A1"], lastSequence: "2" });
    expect(planned.faults).toEqual([]);
    expect(transactionOf(planned).writes).toHaveLength(1);
  });

  test("that was not committed leaves no trace", () => {
    makers(3);
    const before = stateText(state);
    const tried = planOf(queued([sweep("B1", 5), freezeOf("F1", "M2"), undefined], 500));
    expect(stateText(state)).not.toBe(before);
    state.rollBack(tried.savepoint);
    expect(stateText(state)).toBe(before);
  });

  test("that was committed is not taken back, though all later ones are", () => {
    makers(1);
    const before = stateText(state);
    planOf(queued([sweep("B1", 1)], 500));
    state.rollBack(0);
    expect(stateText(state)).toBe(before);
  });
});

describe("an entry's levels", () => {
  test("are what rests now at each price that it changed, on both sides", () => {
    makers(2);
    const { entry } = run([sweep("B1", 1), placeOf({ id: "B2", priceTicks: 99n, quantityLots: 7n })]);
    expect(entry.levels).toEqual({ buy: [[99n, 7n]], sell: [[100n, 1n]] });
    const next = run([cancelOf("C1", termsOf({ id: "B2", priceTicks: 99n, quantityLots: 7n }))]);
    expect(next.entry.levels).toEqual({ buy: [[99n, 0n]], sell: [] });
  });
});

describe("a transaction's hundred items", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const cheap = (id: string, userId = "ALICE") => placeOf({ id, userId, priceTicks: 1n, quantityLots: 1n });
  const cancelOfPending = (id: number) =>
    cancelOf(`C${id}`, termsOf({ id: `P${id}`, userId: `U${id}`, ...one }));

  test.each<[string, readonly (Command | undefined)[], number]>([
    ["an order that rests takes one", numbers(100).map((id) => cheap(`O${id}`)), 99],
    ["a cancel of a pending order and its wallet two", numbers(50).map(cancelOfPending), 49],
    [
      "cancels of one user's pending orders one each, and one for the wallet",
      numbers(100).map((id) => cancelOf(`C${id}`, termsOf({ id: `P${id}`, ...one }))),
      98,
    ],
    ["an account's change one", numbers(100).map((id) => freezeOf(`F${id}`, `U${id}`)), 99],
    [
      "an account's second change none",
      [...numbers(99).map((id) => freezeOf(`F${id}`, `U${id}`)), freezeOf("F", "U7")],
      100,
    ],
    [
      "the market's changes one together",
      [
        ...numbers(98).map((id) => cheap(`O${id}`)),
        ...([1, 2] as const).map(
          (number): Command => ({ kind: "set_status", id: `H${number}`, status: "open", number, actor: "A" }),
        ),
        cheap("O98"),
      ],
      100,
    ],
    ["what is ignored none", [undefined, ...numbers(99).map((id) => cheap(`O${id}`)), undefined], 101],
  ])("> %s", (_, commands, completed) => {
    const planned = commit(planOf(queued(commands)));
    expect(planned.completed).toBe(completed);
    expect(planned.entry.commands).toHaveLength(completed);
    expect(planned.entry.continuation).toBeUndefined();
    expect(transactionOf(planned).writes.length).toBeLessThanOrEqual(100);
  });

  test("> a suspended order takes one, and the halt that comes with it", () => {
    makers(50);
    const suspended = new Set(numbers(50).map((id) => `S${id}`));
    const orders = numbers(25).map((id) => cheap(`O${id}`, `U${id}`));
    const planned = commit(planOf(queued(orders, 500), { ...NO_EXCLUSIONS, suspended }));
    // 50 orders and the market's status leave 48; each order that is refused takes itself and its wallet.
    expect(planned.completed).toBe(24);
    expect(transactionOf(planned).writes).toHaveLength(100);
  });

  test("> a taker that only rests in a later entry takes one", () => {
    makers(49);
    const batch = queued(
      [sweep("B1", 60), ...numbers(48).map((id) => cheap(`O${id}`, `U${id}`)), cheap("O48", "U47")],
      500,
    );
    commit(planOf(batch));
    const planned = commit(planOf(batch, { ...NO_EXCLUSIONS, suspended: new Set(["S48"]) }));
    expect(planned.entry.events.slice(0, 3).map(({ type }) => type)).toEqual([
      "suspended",
      "status_set",
      "rested",
    ]);
    expect(planned.completed).toBe(1 + 48);
    expect(transactionOf(planned).writes).toHaveLength(100);
  });

  test("are used to the last one", () => {
    makers(49, 2);
    const planned = planOf(queued([sweep("B1", 49)], 500));
    // 49 orders and 25 wallets of makers, and 2 of the taker.
    expect(transactionOf(planned).writes).toHaveLength(1 + 49 + 25 + 2);
    state.rollBack(planned.savepoint);
    for (let index = 0; index < 22; index++)
      run([placeOf({ id: `B${index}`, userId: `U${index}`, priceTicks: 1n, quantityLots: 1n })]);
    const cancels = Array.from({ length: 11 }, (_, index) =>
      cancelOf(
        `C${index}`,
        termsOf({ id: `B${index}`, userId: `U${index}`, priceTicks: 1n, quantityLots: 1n }),
      ),
    );
    const whole = planOf(queued([sweep("X1", 49), ...cancels], 500));
    expect(whole.completed).toBe(12);
    expect(transactionOf(whole).writes).toHaveLength(1 + 49 + 25 + 2 + 22);
    state.rollBack(whole.savepoint);
    const halt: Command = { kind: "set_status", id: "H1", status: "halted", number: 1, actor: "ADMIN" };
    const full = planOf(queued([sweep("X1", 49), ...cancels, halt], 500));
    expect(full.completed).toBe(13);
    expect(transactionOf(full).writes).toHaveLength(100);
    state.rollBack(full.savepoint);
    const over = planOf(
      queued(
        [sweep("X1", 49), ...cancels, halt, placeOf({ id: "X2", priceTicks: 1n, quantityLots: 1n })],
        500,
      ),
    );
    expect(over.completed).toBe(13);
    expect(over.entry.continuation).toBeUndefined();
  });

  test("end the entry before a command that does not fit, and nothing of it has happened", () => {
    makers(60);
    const batch = queued(
      [sweep("B1", 30), sweep("B2", 30), placeOf({ id: "B3", priceTicks: 1n, quantityLots: 1n })],
      500,
    );
    const first = commit(planOf(batch));
    expect(first).toMatchObject({ completed: 1, entry: { commands: ["B1"], lastSequence: "500" } });
    expect(first.entry.continuation).toBeUndefined();
    expect(state.taker).toBeUndefined();
    expect(state.book.size).toBe(30);
    const second = commit(planOf(batch.slice(1)));
    expect(second).toMatchObject({ completed: 2, entry: { commands: ["B2", "B3"], lastSequence: "502" } });
  });
});

describe("a command too long for one entry", () => {
  test("goes on in the next ones, and its message is complete with the last", () => {
    makers(130);
    const batch = queued([sweep("B1", 130), placeOf({ id: "B2", priceTicks: 1n, quantityLots: 1n })], 500);
    const before = state.head.lastSequence;
    const first = commit(planOf(batch));
    expect(first).toMatchObject({ completed: 0, entry: { commands: [], lastSequence: before } });
    expect(first.entry.continuation).toMatchObject({ epoch: EPOCH, sequence: "500", command: { id: "B1" } });
    expect(first.entry.timeMs).toBe(1_500);
    expect(first.effects.orders.get("B1")).toMatchObject({ isNew: true, status: "partially_filled" });
    const second = commit(planOf(batch));
    expect(second.completed).toBe(0);
    expect(second.effects.orders.get("B1")).toMatchObject({ isNew: false });
    const third = commit(planOf(batch));
    expect(third).toMatchObject({ completed: 2, entry: { commands: ["B1", "B2"], lastSequence: "501" } });
    expect(third.effects.orders.get("B1")).toMatchObject({ status: "filled", order: { filledLots: 130n } });
    expect(state.continuation).toBeUndefined();
  });

  test("that is not the batch's first waits for an entry of its own", () => {
    makers(130);
    const batch = queued([placeOf({ id: "B0", priceTicks: 1n, quantityLots: 1n }), sweep("B1", 130)], 500);
    const first = commit(planOf(batch));
    expect(first).toMatchObject({ completed: 1, entry: { commands: ["B0"] } });
    expect(first.entry.continuation).toBeUndefined();
    expect(commit(planOf(batch.slice(1))).entry.continuation).toMatchObject({ command: { id: "B1" } });
  });

  test("that comes after what is no command waits as well", () => {
    makers(130);
    const first = commit(planOf(queued([undefined, sweep("B1", 130)], 500)));
    expect(first).toMatchObject({ completed: 1, entry: { commands: ["M500"] } });
    expect(first.entry.continuation).toBeUndefined();
  });

  test("is finished first, also where its message never comes again", () => {
    makers(60);
    commit(planOf(queued([sweep("B1", 60)], 500)));
    const next = commit(planOf(queued([placeOf({ id: "B2", userId: "BOB", side: "sell", ...one })], 510)));
    expect(next).toMatchObject({ completed: 1, entry: { commands: ["B1", "B2"], lastSequence: "510" } });
    expect(next.effects.trades).toHaveLength(60 - 48);
  });

  test("is finished under a new epoch as well, whose own numbers begin below the old ones", () => {
    makers(60);
    commit(planOf(queued([sweep("B1", 60)], 500)));
    const alone = planOf([], NO_EXCLUSIONS, "epoch-2");
    expect(alone.entry).toMatchObject({ epoch: "epoch-2", lastSequence: "0", commands: ["B1"] });
    state.rollBack(alone.savepoint);
    const fresh = queued([placeOf({ id: "B2", priceTicks: 1n, quantityLots: 1n })], 500);
    // The new queue's message has the very number of the continuation's, and is another one.
    const next = commit(planOf(fresh, NO_EXCLUSIONS, "epoch-2"));
    expect(next).toMatchObject({
      completed: 1,
      entry: { epoch: "epoch-2", commands: ["B1", "B2"], lastSequence: "500" },
    });
  });

  test("may be a cancel of all, which releases every order once", () => {
    for (let index = 0; index < 250; index++)
      run([placeOf({ id: `O${index}`, priceTicks: 1n, quantityLots: 1n })]);
    const batch = queued([{ kind: "cancel_all", id: "C1", userId: "ALICE", reason: "user" }], 900);
    const plans = [commit(planOf(batch)), commit(planOf(batch)), commit(planOf(batch))];
    expect(plans.map(({ entry }) => entry.events.length)).toEqual([98, 98, 54]);
    expect(plans.map(({ completed }) => completed)).toEqual([0, 0, 1]);
    expect(state.book.size).toBe(0);
  });

  test("may be a freeze, and the account is frozen when all its orders are cancelled", () => {
    for (let index = 0; index < 100; index++)
      run([placeOf({ id: `O${index}`, priceTicks: 1n, quantityLots: 1n })]);
    const batch = queued([freezeOf("F1", "ALICE")], 900);
    const first = commit(planOf(batch));
    expect(kinds(first)).toMatch(/^(closed ?){98}$/);
    expect(first).toMatchObject({ completed: 0, entry: { continuation: { command: { id: "F1" } } } });
    expect(state.isFrozen("ALICE")).toBe(false);
    expect(kinds(commit(planOf(batch)))).toBe("closed closed account_status_set");
    expect(state.isFrozen("ALICE")).toBe(true);
  });
});

describe("a release too long for one entry", () => {
  test("goes on in the next one, where its order is let in no second time", () => {
    makers(60);
    const terms = termsOf({ id: "O1", priceTicks: 100n, quantityLots: 70n });
    const order = { ...terms, filledLots: 1n, filledQuote: 1n, fee: 0n };
    const batch = queued([{ kind: "release", id: "R1", order }], 500);
    expect(kinds(commit(planOf(batch)))).toMatch(/^released( filled){48}$/);
    const second = commit(planOf(batch));
    expect(kinds(second)).toMatch(/^(filled ){12}rested$/);
    expect(second).toMatchObject({ completed: 1, entry: { commands: ["R1"] } });
    expect(state.book.get("O1")).toMatchObject({ filledLots: 61n });
  });
});

describe("a command on which the engine throws", () => {
  const stranger = (id: string): Command => cancelOf(id, termsOf({ id: "O1", userId: "BOB", ...one }));

  /** No fee can be taken at its rate. */
  function badMaker(): void {
    run([placeOf({ id: "BAD", userId: "BOB", side: "sell", ...one })]);
    for (const each of [state, follower]) Object.assign(each.book.get("BAD") ?? {}, { makerRate: -1n });
  }

  test("is journalled and complete, and does not touch the commands before and after it", () => {
    run([placeOf({ id: "O1", ...one })]);
    const planned = commit(
      planOf(queued([placeOf({ id: "O2", ...one }), stranger("C1"), placeOf({ id: "O3", ...one })], 500)),
    );
    expect(kinds(planned)).toBe("opened rested C1:engine_fault opened rested");
    expect(planned.entry.commands).toEqual(["O2", "C1", "O3"]);
    expect(planned.faults).toEqual([{ commandId: "C1", cause: new Error("order O1 is not of user BOB") }]);
    expect(state.book.size).toBe(3);
  });

  test("in its middle has nothing done", () => {
    makers(2);
    badMaker();
    const before = state.book.size;
    const planned = commit(
      planOf(queued([sweep("B1", 3), placeOf({ id: "O1", priceTicks: 1n, quantityLots: 1n })], 500)),
    );
    expect(kinds(planned)).toBe("B1:engine_fault opened rested");
    expect(state.book.size).toBe(before + 1);
    expect(planned.effects.wallets.size).toBe(0);
  });

  test("in a later entry has its order suspended, which is left half matched", () => {
    makers(60);
    badMaker();
    const batch = queued([sweep("B1", 61)], 500);
    commit(planOf(batch));
    const planned = commit(planOf(batch));
    expect(kinds(planned)).toBe("suspended B1:engine_fault");
    expect(planned.completed).toBe(1);
    expect(planned.effects.orders.get("B1")).toMatchObject({
      status: "partially_filled",
      reason: "suspended",
    });
    expect(state.taker).toBeUndefined();
    expect(state.book.size).toBe(61 - 48);
  });
});

describe("a command that the entry itself has answered", () => {
  const order = termsOf({ id: "O1", ...one });
  const place = placeOf(order);

  test.each<[string, readonly Command[], string]>([
    ["a second placement", [place, place], "opened rested O1:duplicate"],
    [
      "a second cancel",
      [place, cancelOf("C1", order), cancelOf("C2", order)],
      "opened rested closed C2:order_closed",
    ],
    [
      "a cancel after a cancel of all",
      [place, { kind: "cancel_all", id: "C1", userId: "ALICE", reason: "user" }, cancelOf("C2", order)],
      "opened rested closed C2:order_closed",
    ],
    [
      "a second cancel of what never came",
      [cancelOf("C1", order), cancelOf("C2", order)],
      "pending_cancelled C2:order_closed",
    ],
    ["a placement after its cancel", [cancelOf("C1", order), place], "pending_cancelled O1:duplicate"],
    [
      "a placement after it was placed and cancelled",
      [place, cancelOf("C1", order), place],
      "opened rested closed O1:duplicate",
    ],
    [
      "a cancel of what was filled at once",
      [placeOf({ id: "S1", userId: "BOB", side: "sell", ...one }), place, cancelOf("C1", order)],
      "opened rested opened filled C1:order_closed",
    ],
  ])("(%s) is a no-op", (_, commands, events) => {
    const planned = commit(planOf(queued(commands)));
    expect(kinds(planned)).toBe(events);
    expect(planned.completed).toBe(commands.length);
  });

  test("a placement of what is on the book is a no-op in a later entry too", () => {
    run([place]);
    expect(kinds(commit(planOf(queued([place], 500))))).toBe("O1:duplicate");
  });

  test("a cancel of what is not on the book moves it from pending, in a later entry too", () => {
    run([place, cancelOf("C1", order)]);
    expect(kinds(commit(planOf(queued([cancelOf("C2", order)], 500))))).toBe("pending_cancelled");
  });
});

describe("what failed attempts have shown", () => {
  const without = (exclusions: Partial<Exclusions>): Exclusions => ({ ...NO_EXCLUSIONS, ...exclusions });
  const suspending = (orderId: string): Exclusions => without({ suspended: new Set([orderId]) });

  test("ends the entry before the first command that needs a contended wallet, and takes all of that user's where it begins with one", () => {
    makers(3);
    const contended = without({ contended: new Set(["M0"]) });
    const other = placeOf({ id: "O1", userId: "U1", priceTicks: 90n, quantityLots: 1n });
    const batch = queued(
      [other, sweep("O2", 1), placeOf({ id: "O3", userId: "U1", priceTicks: 91n, quantityLots: 1n })],
      500,
    );
    const first = commit(planOf(batch, contended));
    expect(first.entry.commands).toEqual(["O1"]);
    expect(first.entry.lastSequence).toBe(batch[0]?.sequence);
    expect(first.entry.continuation).toBeUndefined();
    expect(commit(planOf(batch.slice(1), contended)).entry.commands).toEqual(["O2", "O3"]);
  });

  test("ends the entry before it also where all that came earlier has done nothing", () => {
    makers(3);
    const contended = without({ contended: new Set(["M0"]) });
    const nothing = { kind: "cancel_all", id: "C1", userId: "NOBODY", reason: "user" } as const;
    const batch = queued([nothing, sweep("O2", 1)], 500);
    const first = commit(planOf(batch, contended));
    expect(first.entry.commands).toEqual(["C1"]);
    expect(first.entry.continuation).toBeUndefined();
    expect(commit(planOf(batch.slice(1), contended)).entry.commands).toEqual(["O2"]);
  });

  test("ends the entry before an order whose own wallet is contended", () => {
    makers(1);
    const batch = queued([placeOf({ id: "O1", userId: "U1", ...one, priceTicks: 90n }), sweep("O2", 1)], 500);
    const first = commit(planOf(batch, without({ contended: new Set(["ALICE"]) })));
    expect(first.entry.commands).toEqual(["O1"]);
  });

  test("does nothing of a command that fills the entry to the last item and then needs a contended wallet", () => {
    makers(47);
    for (const id of ["S47", "S48"]) run([placeOf({ id, userId: "TWICE", side: "sell", ...one })]);
    run([placeOf({ id: "S49", userId: "HOT", side: "sell", ...one })]);
    const nothing = { kind: "cancel_all", id: "C1", userId: "NOBODY", reason: "user" } as const;
    const batch = queued([nothing, sweep("O1", 50)], 500);
    const first = commit(planOf(batch, without({ contended: new Set(["HOT"]) })));
    expect(first.entry).toMatchObject({ commands: ["C1"], events: [] });
    expect(first.entry.continuation).toBeUndefined();
  });

  test("freezes no account whose orders wait for a contended wallet", () => {
    run([placeOf({ id: "O1", ...one })]);
    const other = placeOf({ id: "O2", userId: "BOB", ...one });
    const contended = without({ contended: new Set(["ALICE"]) });
    const planned = commit(planOf(queued([other, freezeOf("F1", "ALICE")], 500), contended));
    expect(planned.entry.commands).toEqual(["O2"]);
    expect(state.isFrozen("ALICE")).toBe(false);
  });

  test("leaves out an order that is not pending, and all cancels of it", () => {
    const order = termsOf({ id: "O1", ...one });
    const batch = queued([
      placeOf(order),
      cancelOf("C1", order),
      placeOf({ id: "O2", ...one }),
      cancelOf("C2", order),
    ]);
    const planned = commit(planOf(batch, without({ notPending: new Set(["O1"]) })));
    expect(kinds(planned)).toBe("O1:not_pending C1:order_closed opened rested C2:order_closed");
    expect(planned.entry.commands).toEqual(["O1", "C1", "O2", "C2"]);
  });

  test("counts for nothing where the order is in the book all the same", () => {
    const order = termsOf({ id: "O1", ...one });
    run([placeOf(order)]);
    const exclusions = without({ notPending: new Set(["O1"]), unreleasable: new Set(["O1"]) });
    const planned = commit(planOf(queued([placeOf(order), cancelOf("C1", order)], 500), exclusions));
    expect(kinds(planned)).toBe("O1:duplicate closed");
  });

  test("leaves out the cancels of a pending order that cannot be released, but not the order", () => {
    const order = termsOf({ id: "O1", ...one });
    const batch = queued([cancelOf("C1", order), cancelOf("C2", order), placeOf(order)]);
    const planned = commit(planOf(batch, without({ unreleasable: new Set(["O1"]) })));
    expect(kinds(planned)).toBe("C1:suspended C2:suspended opened rested");
  });

  test("takes an order off the book with its hold, and halts the market for all that follows", () => {
    run([placeOf({ id: "O1", ...one })]);
    const batch = queued([placeOf({ id: "O2", userId: "BOB", side: "sell", ...one })], 500);
    const planned = commit(planOf(batch, suspending("O1")));
    expect(kinds(planned)).toBe("suspended status_set opened closed");
    expect(planned.effects.orders.get("O1")).toMatchObject({ status: "open", reason: "suspended" });
    expect(planned.effects.orders.get("O2")).toMatchObject({ status: "rejected", reason: "market_halted" });
    expect(planned.effects.wallets.has("ALICE")).toBe(false);
    expect(state).toMatchObject({ status: "halted", book: { size: 0 } });
    expect(transactionOf(planned).slots.map(({ kind }) => kind)).toEqual([
      "fence",
      "owned",
      "pending",
      "owned",
      "applied",
    ]);
  });

  test("suspends a new order without letting it trade", () => {
    run([placeOf({ id: "S1", userId: "BOB", side: "sell", ...one })]);
    const planned = commit(planOf(queued([placeOf({ id: "B1", ...one })], 500), suspending("B1")));
    expect(kinds(planned)).toBe("status_set opened suspended");
    expect(planned.effects.trades).toEqual([]);
    expect(planned.effects.orders.get("B1")).toMatchObject({
      isNew: true,
      status: "open",
      reason: "suspended",
    });
  });

  test("leaves a release undone whose own order it suspends", () => {
    const back = { ...termsOf({ id: "O1", ...one }), filledLots: 0n, filledQuote: 0n, fee: 0n };
    const planned = commit(
      planOf(queued([{ kind: "release", id: "R1", order: back }], 500), suspending("O1")),
    );
    expect(kinds(planned)).toBe("status_set R1:suspended");
    expect(planned.entry.commands).toEqual(["R1"]);
  });

  test("leaves out a release for which no order waits, known by the release's own id", () => {
    const back = { ...termsOf({ id: "O1", ...one }), filledLots: 0n, filledQuote: 0n, fee: 0n };
    const batch = queued(["R1", "R2"].map((id) => ({ kind: "release", id, order: back })));
    const planned = commit(planOf(batch, without({ notPending: new Set(["R1", "O1"]) })));
    expect(kinds(planned)).toBe("R1:not_pending released rested");
  });

  test("a cancel of a suspended order finds it closed", () => {
    const order = termsOf({ id: "O1", ...one });
    run([placeOf(order)]);
    const planned = commit(planOf(queued([cancelOf("C1", order)], 500), suspending("O1")));
    expect(kinds(planned)).toBe("suspended status_set C1:order_closed");
  });

  test("suspends the taker of an unfinished command, which is complete with that", () => {
    makers(60);
    const batch = queued([sweep("B1", 60)], 500);
    commit(planOf(batch));
    const planned = commit(planOf(batch, suspending("B1")));
    expect(kinds(planned)).toBe("suspended status_set");
    expect(planned).toMatchObject({ completed: 1, entry: { commands: ["B1"], lastSequence: "500" } });
    expect(planned.effects.orders.get("B1")).toMatchObject({
      isNew: false,
      status: "partially_filled",
      reason: "suspended",
    });
    expect(state.taker).toBeUndefined();
    expect(state.continuation).toBeUndefined();
  });

  test("suspends a maker of an unfinished command, which goes on without it", () => {
    makers(60);
    const batch = queued([sweep("B1", 60)], 500);
    commit(planOf(batch));
    const planned = commit(planOf(batch, suspending("S50")));
    expect(planned.effects.trades).toHaveLength(60 - 48 - 1);
    expect(planned.completed).toBe(1);
    expect(state.book.best("buy")).toMatchObject({ id: "B1", filledLots: 59n });
  });
});
