import { describe, expect, it } from "vitest";
import { runSchedule } from "./schedule.ts";

describe("a schedule of traffic and faults", () => {
  it.each([1, 2, 3, 4])("breaks no invariant (seeds from %i00)", async (hundred) => {
    for (let seed = hundred * 100; seed < hundred * 100 + 15; seed++) {
      const { violations } = await runSchedule({ seed });
      expect(violations, `seed ${seed}`).toEqual([]);
    }
  });

  it("is the same whenever its seed is", async () => {
    const [one, other] = [await runSchedule({ seed: 77 }), await runSchedule({ seed: 77 })];
    expect(other.story).toEqual(one.story);
    expect(other.steps).toBe(one.steps);
  });
});
