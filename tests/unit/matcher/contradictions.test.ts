import { beforeEach, describe, expect, test } from "vitest";
import { Contradictions } from "../../../lib/matcher/contradictions.ts";
import { EMPTY_HEAD, MarketState } from "../../../lib/matching/market-state.ts";
import { type Plan, plan } from "../../../lib/matching/plan.ts";
import { queued } from "../../support/matching/play.ts";
import { cancelOf, MARKET, placeOf, termsOf } from "../../support/matching/random-commands.ts";

const one = { priceTicks: 10n, quantityLots: 1n };
const ALICES = placeOf({ id: "A1", ...one });
const BOBS = placeOf({ id: "B1", userId: "BOB", ...one });

let contradictions: Contradictions;

beforeEach(() => {
  contradictions = new Contradictions(EMPTY_HEAD);
});

/** The next attempt at these commands. */
function attempt(commands: Parameters<typeof queued>[0]): Plan {
  const batch = contradictions.scope(queued(commands));
  return plan(new MarketState(MARKET), { epoch: "epoch", commands: batch });
}

describe("a wallet that contradicts the journal", () => {
  test("is believed at once by nobody, and the second time where the entry is of one command", () => {
    expect(contradictions.add(["ALICE"], attempt([ALICES]))).toBe(false);
    expect(contradictions.exclusions.suspended.size).toBe(0);
    expect(contradictions.add(["ALICE"], attempt([ALICES]))).toBe(true);
    expect([...contradictions.exclusions.suspended]).toEqual(["A1"]);
  });

  test("of one among several commands is believed the third time, when the first is tried alone", () => {
    const both = [ALICES, BOBS];
    expect(attempt(both).entry.commands).toEqual(["A1", "B1"]);
    expect(contradictions.add(["ALICE"], attempt(both))).toBe(false);
    expect(contradictions.add(["ALICE"], attempt(both))).toBe(false);
    expect(attempt(both).entry.commands).toEqual(["A1"]);
    expect(contradictions.add(["ALICE"], attempt(both))).toBe(true);
    expect(contradictions.add(["ALICE"], attempt(both))).toBe(true);
  });

  test("has its own user's orders left out, and cancels of its pending ones, and nobody else's", () => {
    const cancels = ["ALICE", "BOB"].map((userId) =>
      cancelOf(`C-${userId}`, termsOf({ id: `P-${userId}`, userId, ...one })),
    );
    const all = attempt([ALICES, BOBS, ...cancels]);
    for (let times = 0; times < 3; times++) contradictions.add(["BOB"], all);
    const { suspended, unreleasable } = contradictions.exclusions;
    expect([...suspended]).toEqual(["B1"]);
    expect(["P-ALICE", "P-BOB"].map((id) => unreleasable.has(id))).toEqual([false, true]);
  });
});
