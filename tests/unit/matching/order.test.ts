import { expect, test } from "vitest";
import { limitPrice, remainingLots, toLive } from "../../../lib/matching/order.ts";
import { termsOf } from "../../support/matching/random-commands.ts";

test("a market buy has no lots that remain and no price, and whoever asks for them is wrong", () => {
  const order = toLive(termsOf({ id: "O1", type: "market", timeInForce: "IOC", quoteBudget: 7n }));
  expect(() => remainingLots(order)).toThrow("order O1 has no quantity");
  expect(() => limitPrice(order)).toThrow("order O1 has no price");
});
