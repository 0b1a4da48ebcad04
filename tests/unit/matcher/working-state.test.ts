import { beforeEach, describe, expect, test } from "vitest";
import { WorkingState } from "../../../lib/matcher/working-state.ts";
import { Effects } from "../../../lib/matching/effects.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { toLive } from "../../../lib/matching/order.ts";
import { MARKET, termsOf } from "../../support/matching/random-commands.ts";

let working: WorkingState;
let effects: Effects;

beforeEach(() => {
  working = new WorkingState(new MarketState(MARKET));
  effects = new Effects();
});

function order(id: string, status: "open" | "filled"): void {
  effects.changeOrder({ order: toLive(termsOf({ id })), isNew: true, status });
}

describe("of the orders of a committed entry", () => {
  test("those that it ended are known not to be pending, cancelled ones that never reached the market too", () => {
    order("ENDED", "filled");
    order("OPEN", "open");
    effects.pendingCancels.set("NEVER", { orderId: "NEVER", userId: "ALICE", reason: "user" });
    working.learnFrom(effects);
    expect(["ENDED", "OPEN", "NEVER"].map((id) => working.notPending.has(id))).toEqual([true, false, true]);
  });

  test("those that live on do not drive out what is known", () => {
    order("ENDED", "filled");
    working.learnFrom(effects);
    effects = new Effects();
    for (let index = 0; index < 10_000; index++) order(`O${index}`, "open");
    working.learnFrom(effects);
    expect(working.notPending.has("ENDED")).toBe(true);
  });
});
