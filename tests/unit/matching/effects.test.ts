import { expect, test } from "vitest";
import { Effects } from "../../../lib/matching/effects.ts";
import { toLive } from "../../../lib/matching/order.ts";
import { termsOf } from "../../support/matching/random-commands.ts";

const order = toLive(termsOf({ id: "O1" }));

test("of one order the last change stands, with the condition of the first: what it was before the entry", () => {
  const effects = new Effects();
  effects.changeOrder({ order, isNew: false, releasedBy: "R1", status: "open" });
  effects.changeOrder({ order, isNew: false, status: "filled" });
  expect(effects.orders.get("O1")).toStrictEqual({
    order,
    isNew: false,
    releasedBy: "R1",
    status: "filled",
  });
});

test("an order that no release has let in names none", () => {
  const effects = new Effects();
  effects.changeOrder({ order, isNew: true, status: "open" });
  effects.changeOrder({ order, isNew: false, status: "cancelled", reason: "user" });
  expect(effects.orders.get("O1")).toStrictEqual({
    order,
    isNew: true,
    status: "cancelled",
    reason: "user",
  });
});
