import { describe, expect, test } from "vitest";
import { deadlinesOf, QUEUE_CALL_MS, STORE_CALL_MS } from "../../../lib/matcher/time.ts";

describe("the time of an invocation", () => {
  test("lets entries begin in its first 60 %, calls while they and what follows can end, and recovery leave time to save", () => {
    expect(deadlinesOf({ nowMs: 1_000, leftMs: 5_000 })).toEqual({
      recoverBy: 3_100,
      planBy: 4_000,
      commitBy: 4_100,
    });
  });

  test("lets no entry begin later than a call may, where it is short", () => {
    expect(deadlinesOf({ nowMs: 1_000, leftMs: 4_000 })).toEqual({
      recoverBy: 2_100,
      planBy: 3_100,
      commitBy: 3_100,
    });
  });

  test("ends in time, though a store call and a queue call begin at the last moment", () => {
    const { commitBy } = deadlinesOf({ nowMs: 0, leftMs: 5_000 });
    expect(commitBy + STORE_CALL_MS + QUEUE_CALL_MS).toBeLessThan(5_000);
  });
});
