import fc from "fast-check";
import { encodeTime, ulid } from "ulid";
import { describe, expect, it } from "vitest";
import { firstIdAt, ID_PATTERN, lastIdAt, timeOfId } from "../../../lib/contract/id.ts";

/** From 1, since the ULID package takes 0 for the present. */
const times = fc.integer({ min: 1, max: 2 ** 48 - 1 });

describe("ids", () => {
  it("every ULID is one, and lies within its millisecond's bounds", () => {
    fc.assert(
      fc.property(times, (timeMs) => {
        const id = ulid(timeMs);
        expect(id).toMatch(ID_PATTERN);
        expect(firstIdAt(timeMs) <= id && id <= lastIdAt(timeMs)).toBe(true);
        expect(timeOfId(id)).toBe(timeMs);
        expect(firstIdAt(timeMs).slice(0, 10)).toBe(encodeTime(timeMs));
      }),
    );
  });

  it("bounds of a later millisecond sort after", () => {
    fc.assert(fc.property(times, times, (a, b) => a >= b || lastIdAt(a) < firstIdAt(b)));
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 48])("%d is no time", (timeMs) => {
    expect(() => firstIdAt(timeMs)).toThrow(RangeError);
  });

  it.each(["", "8ZZZZZZZZZ0000000000000000", "01KATB9Z8Q4W0J5V6R7N2M3X1", "01KATB9Z8Q4W0J5V6R7N2M3X1I"])(
    "%j is no id",
    (id) => {
      expect(() => timeOfId(id)).toThrow(RangeError);
    },
  );
});
