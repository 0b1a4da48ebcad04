import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { feeOn, RATE_SCALE } from "../../../lib/money/fee.ts";
import { divideDown, divideHalfUp, divideUp } from "../../../lib/money/rounding.ts";

const numerator = fc.bigInt({ min: 0n, max: 10n ** 38n });
const divisor = fc.bigInt({ min: 1n, max: 10n ** 20n });

describe("a division", () => {
  test("down gives the largest quotient that is not above the exact one", () => {
    fc.assert(
      fc.property(numerator, divisor, (n, d) => {
        const quotient = divideDown(n, d);
        expect(quotient * d <= n && (quotient + 1n) * d > n).toBe(true);
      }),
    );
  });

  test("up gives the smallest quotient that is not below the exact one", () => {
    fc.assert(
      fc.property(numerator, divisor, (n, d) => {
        const quotient = divideUp(n, d);
        expect(quotient * d >= n && (quotient - 1n) * d < n).toBe(true);
      }),
    );
  });

  test("to the half up is at most half a unit away, and above where it is exactly half", () => {
    fc.assert(
      fc.property(numerator, divisor, (n, d) => {
        const twice = 2n * (divideHalfUp(n, d) * d - n);
        expect(twice <= d && twice > -d).toBe(true);
      }),
    );
    expect([
      divideHalfUp(1n, 2n),
      divideHalfUp(5n, 2n),
      divideHalfUp(49n, 100n),
      divideHalfUp(50n, 100n),
    ]).toEqual([1n, 3n, 0n, 1n]);
  });

  test.each([divideDown, divideUp, divideHalfUp])(
    "$name refuses what is below zero, and zero as divisor, and says what it was to divide",
    (divide) => {
      expect(() => divide(-1n, 1n)).toThrow(new RangeError("cannot divide -1 by 1"));
      expect(() => divide(1n, 0n)).toThrow(new RangeError("cannot divide 1 by 0"));
      expect(() => divide(1n, -1n)).toThrow(new RangeError("cannot divide 1 by -1"));
    },
  );
});

describe("a fee", () => {
  test("is rounded up, by less than a unit, and never more than what was received", () => {
    const rate = fc.bigInt({ min: 0n, max: RATE_SCALE });
    fc.assert(
      fc.property(numerator, rate, (received, millionths) => {
        const fee = feeOn(received, millionths);
        expect(fee * RATE_SCALE >= received * millionths).toBe(true);
        expect((fee - 1n) * RATE_SCALE < received * millionths || fee === 0n).toBe(true);
        expect(fee >= 0n && fee <= received).toBe(true);
      }),
    );
  });

  test.each([
    [1_000_000n, 1_000n, 1_000n],
    [1n, 1_000n, 1n],
    [1_001n, 1_000n, 2n],
    [0n, 1_000n, 0n],
    [5n, 0n, 0n],
    [5n, 2_000_000n, 5n],
  ])("on %s at %s millionths is %s", (received, rate, fee) => {
    expect(feeOn(received, rate)).toBe(fee);
  });
});
