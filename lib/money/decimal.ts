/**
 * Decimal strings on the wire, integers inside. This file is the only place where one becomes the other.
 * The grammar is that of the public contract: digits, an optional point with digits, no sign, no exponent.
 */
const PATTERN = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** The integer part of an amount has at most this many digits, so that sums fit DynamoDB's 38 digits. */
const MAX_WHOLE_DIGITS = 15;

export type DecimalFault = "not_a_decimal" | "too_many_decimals" | "too_large";
export type Parsed =
  | { readonly ok: true; readonly units: bigint }
  | { readonly ok: false; readonly fault: DecimalFault };

/**
 * Reads a decimal string as a whole number of units of 10^-decimals.
 * Trailing zeros are accepted: "1.50" with one decimal is 15 units. More significant decimals are refused.
 */
export function parseDecimal(text: string, decimals: number): Parsed {
  const match = PATTERN.exec(text);
  if (match === null) return { ok: false, fault: "not_a_decimal" };
  const whole = match[1] ?? "0";
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (whole.length > MAX_WHOLE_DIGITS) return { ok: false, fault: "too_large" };
  if (fraction.length > decimals) return { ok: false, fault: "too_many_decimals" };
  return { ok: true, units: BigInt(whole + fraction.padEnd(decimals, "0")) };
}

/** Prints a whole number of units of 10^-decimals as a decimal string without trailing zeros. */
export function formatDecimal(units: bigint, decimals: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}
