import { beforeEach, describe, expect, test } from "vitest";
import { Effects } from "../../../lib/matching/effects.ts";
import type { Event } from "../../../lib/matching/event.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { type OrderTerms, toLive } from "../../../lib/matching/order.ts";
import { stateText } from "../../../lib/matching/snapshot.ts";
import { MARKET, termsOf } from "../../support/matching/random-commands.ts";

let state: MarketState;
let effects: Effects;

beforeEach(() => {
  state = new MarketState(MARKET);
  effects = new Effects();
});

/** Applies events, of which the last one's effects are looked at. */
function apply(...events: readonly Event[]): void {
  for (const event of events) {
    effects = new Effects();
    state.apply(event, effects);
  }
}

const opened = (id: string, terms: Partial<OrderTerms> = {}): Event => ({
  type: "opened",
  order: termsOf({ id, priceTicks: 100n, quantityLots: 2n, ...terms }),
});
const rested: Event = { type: "rested" };
const resting = (id: string, terms: Partial<OrderTerms> = {}): Event[] => [opened(id, terms), rested];
const filled = (makerId: string, lots = 1n, fees: { makerFee?: bigint; takerFee?: bigint } = {}): Event => ({
  type: "filled",
  makerId,
  lots,
  makerFee: 0n,
  takerFee: 0n,
  ...fees,
});
const closed = (orderId: string): Event => ({ type: "closed", orderId, status: "cancelled" });
const seller = { userId: "BOB", side: "sell" } as const;

/** Of each order that the last event changed: what it says of it, without the order. */
function changes(): Record<string, unknown> {
  return Object.fromEntries([...effects.orders].map(([id, { order: _, ...said }]) => [id, said]));
}

describe("what an event says of its orders", () => {
  test("opened: the order was pending, and is open", () => {
    apply(opened("O1"));
    expect(changes()).toStrictEqual({ O1: { isNew: true, status: "open" } });
  });

  test("rested: it was the market's before", () => {
    apply(...resting("O1"));
    expect(changes()).toStrictEqual({ O1: { isNew: false, status: "open" } });
  });

  test("released: it waited for this release, and is as it was", () => {
    const order = { ...toLive(termsOf({ id: "O1", priceTicks: 100n, quantityLots: 2n })), filledLots: 1n };
    apply({ type: "released", commandId: "R1", order });
    expect(changes()).toStrictEqual({
      O1: { isNew: false, releasedBy: "R1", status: "partially_filled" },
    });
    expect(effects.orders.get("O1")?.order).not.toBe(order);
  });

  test("filled: both have traded, in part or to the end", () => {
    apply(...resting("S1", seller), opened("B1"), filled("S1", 1n));
    expect(changes()).toStrictEqual({
      S1: { isNew: false, status: "partially_filled" },
      B1: { isNew: false, status: "partially_filled" },
    });
    apply(filled("S1", 1n));
    expect(changes()).toStrictEqual({
      S1: { isNew: false, status: "filled" },
      B1: { isNew: false, status: "filled" },
    });
    expect(state.taker).toBeUndefined();
    expect(state.book.size).toBe(0);
  });

  test("closed: how it ended, and why where there is a reason", () => {
    apply(...resting("O1"), closed("O1"));
    expect(changes()).toStrictEqual({ O1: { isNew: false, status: "cancelled" } });
    apply(...resting("O2"), { type: "closed", orderId: "O2", status: "cancelled", reason: "user" });
    expect(changes()).toStrictEqual({ O2: { isNew: false, status: "cancelled", reason: "user" } });
  });

  test("suspended: it is neither closed nor in the market", () => {
    apply(...resting("O1"), { type: "suspended", orderId: "O1" });
    expect(changes()).toStrictEqual({ O1: { isNew: false, status: "open", reason: "suspended" } });
    expect(state.book.size).toBe(0);
  });
});

describe("an event changes the level of the price at which", () => {
  test.each<
    [string, readonly Event[], { readonly buy: readonly bigint[]; readonly sell: readonly bigint[] }]
  >([
    ["an order rests", resting("O1"), { buy: [100n], sell: [] }],
    [
      "a resting order is filled",
      [...resting("S1", seller), opened("B1", { priceTicks: 105n }), filled("S1")],
      { buy: [], sell: [100n] },
    ],
    ["a resting order is closed", [...resting("O1"), closed("O1")], { buy: [100n], sell: [] }],
    [
      "a resting order is suspended",
      [...resting("S1", seller), { type: "suspended", orderId: "S1" }],
      { buy: [], sell: [100n] },
    ],
    ["nothing rests: not where the taker ends", [opened("O1"), closed("O1")], { buy: [], sell: [] }],
  ])("%s", (_, events, { buy, sell }) => {
    apply(...events);
    expect([...effects.levels.buy]).toEqual(buy);
    expect([...effects.levels.sell]).toEqual(sell);
  });
});

describe("an event that cannot be true is refused:", () => {
  const cost = 100n * MARKET.tickLotUnits;

  test.each<[string, readonly Event[], RegExp]>([
    ["a fill without a taker", [...resting("S1", seller), filled("S1")], /needs a taker/],
    ["a fill of nobody", [opened("B1"), filled("S9")], /S9 cannot be this fill's maker/],
    ["a fill within one side", [...resting("B1"), opened("B2"), filled("B1")], /B1 cannot be this fill's/],
    [
      "a fill of more than the maker has",
      [...resting("S1", seller), opened("B1", { quantityLots: 9n }), filled("S1", 3n)],
      /S1 cannot fill 3 lots/,
    ],
    [
      "a fill of nothing",
      [...resting("S1", seller), opened("B1"), filled("S1", 0n)],
      /S1 cannot fill 0 lots/,
    ],
    [
      "a fill that costs more than the taker's limit",
      [...resting("S1", seller), opened("B1", { priceTicks: 99n }), filled("S1")],
      /B1 would pay more/,
    ],
    [
      "a fee above what the maker receives",
      [...resting("S1", seller), opened("B1"), filled("S1", 1n, { makerFee: cost + 1n })],
      /S1 would pay more/,
    ],
    ["rest without a taker", [rested], /no taker to rest/],
    ["the end of what is not in the market", [closed("O9")], /O9 is not in the market/],
    ["the suspension of what is not there", [{ type: "suspended", orderId: "O9" }], /O9 is not in the mar/],
  ])("%s", (_, events, fault) => {
    expect(() => apply(...events)).toThrow(fault);
  });

  test("but a fee of all that is received is not", () => {
    apply(...resting("S1", seller), opened("B1"), filled("S1", 1n, { makerFee: cost }));
    expect(effects.wallets.get("BOB")?.get("USDT")).toEqual({ available: 0n, locked: 0n });
  });
});

describe("changes", () => {
  const all: readonly Event[] = [
    ...resting("S1", seller),
    ...resting("S2", seller),
    opened("B1", { quantityLots: 3n }),
    filled("S1", 2n, { makerFee: 1n, takerFee: 1n }),
    closed("S2"),
    rested,
    { type: "account_status_set", userId: "ALICE", status: "frozen", number: 1 },
    { type: "account_status_set", userId: "ALICE", status: "active", number: 2 },
    { type: "status_set", status: "halted", number: 3 },
    { type: "status_set", status: "halted" },
  ];

  test("can be taken back to the very beginning, as long as they are not kept", () => {
    apply(...all);
    state.rollBack(0);
    expect(stateText(state)).toBe(stateText(new MarketState(MARKET)));
  });

  test("that were kept stay, whatever comes after them is taken back", () => {
    apply(...all);
    state.keep();
    const kept = stateText(state);
    apply(opened("O9"));
    state.rollBack(0);
    expect(stateText(state)).toBe(kept);
    expect(state.statusNumber).toBe(3);
  });
});
