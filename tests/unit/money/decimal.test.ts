import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDecimal, parseDecimal } from "../../../lib/money/decimal.ts";

const decimals = fc.integer({ min: 0, max: 18 });
const MOST_WHOLE = 10n ** 15n;

describe("a decimal string", () => {
  test("that was printed is read back as the same number of units", () => {
    fc.assert(
      fc.property(decimals, fc.bigInt({ min: 0n, max: 10n ** 33n - 1n }), (places, units) => {
        fc.pre(units < MOST_WHOLE * 10n ** BigInt(places));
        expect(parseDecimal(formatDecimal(units, places), places)).toEqual({ ok: true, units });
      }),
    );
  });

  test("that was read is printed as itself without trailing zeros", () => {
    const digits = fc.stringMatching(/^[0-9]{0,8}$/);
    fc.assert(
      fc.property(fc.nat(), digits, fc.nat(5), (whole, fraction, zeros) => {
        const text = fraction === "" ? `${whole}` : `${whole}.${fraction}${"0".repeat(zeros)}`;
        const parsed = parseDecimal(text, 8);
        const shortest = fraction.replace(/0+$/, "");
        expect(parsed.ok && formatDecimal(parsed.units, 8)).toBe(
          shortest === "" ? `${whole}` : `${whole}.${shortest}`,
        );
      }),
    );
  });

  test.each([
    ["0", 2, 0n],
    ["0.00", 2, 0n],
    ["1.5", 2, 150n],
    ["1.50", 1, 15n],
    ["1.5000000000000000000000", 1, 15n],
    ["50000", 0, 50_000n],
    ["0.000000000000000001", 18, 1n],
    ["999999999999999", 0, 999_999_999_999_999n],
  ])("%j with %i decimals is %s units", (text, places, units) => {
    expect(parseDecimal(text, places)).toEqual({ ok: true, units });
  });

  test.each([
    "",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "-1",
    ".5",
    "5.",
    "01",
    "00",
    "1e3",
    "1E3",
    "0x10",
    "1,5",
    "1.2.3",
    "NaN",
    "Infinity",
    "١",
    "１",
    "1_000",
    "null",
  ])("%j is none", (text) => {
    expect(parseDecimal(text, 2)).toEqual({ ok: false, fault: "not_a_decimal" });
  });

  test("with more significant decimals than there are units for is refused", () => {
    expect(parseDecimal("1.005", 2)).toEqual({ ok: false, fault: "too_many_decimals" });
    expect(parseDecimal("1.5", 0)).toEqual({ ok: false, fault: "too_many_decimals" });
    expect(parseDecimal("0.0000000000000000001", 18)).toEqual({ ok: false, fault: "too_many_decimals" });
  });

  test("too large for the store's 38 digits is refused", () => {
    expect(parseDecimal("1000000000000000", 18)).toEqual({ ok: false, fault: "too_large" });
    const most = parseDecimal(`${"9".repeat(15)}.${"9".repeat(18)}`, 18);
    expect(most).toEqual({ ok: true, units: 10n ** 33n - 1n });
  });

  test("of something below zero has a sign, as reconciliation prints differences", () => {
    expect(formatDecimal(-150n, 2)).toBe("-1.5");
    expect(formatDecimal(-1n, 8)).toBe("-0.00000001");
    expect(formatDecimal(0n, 8)).toBe("0");
  });
});
