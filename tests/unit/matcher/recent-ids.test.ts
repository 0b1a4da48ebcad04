import { expect, test } from "vitest";
import { RecentIds } from "../../../lib/matcher/recent-ids.ts";

test("of more ids than may be kept the oldest is forgotten, and one that is added again counts as new", () => {
  const ids = new RecentIds(3);
  for (const id of ["A", "B", "C"]) ids.add(id);
  expect(["A", "B", "C"].map((id) => ids.has(id))).toEqual([true, true, true]);
  ids.add("A");
  ids.add("D");
  expect(["A", "B", "C", "D"].map((id) => ids.has(id))).toEqual([true, false, true, true]);
});
