/** Divisions of money. Every one names its rounding; nothing else in the project divides an amount. */

/** The largest whole quotient that is not above the exact one. For numerator >= 0 and divisor > 0. */
export function divideDown(numerator: bigint, divisor: bigint): bigint {
  assertDivision(numerator, divisor);
  return numerator / divisor;
}

/** The smallest whole quotient that is not below the exact one. For numerator >= 0 and divisor > 0. */
export function divideUp(numerator: bigint, divisor: bigint): bigint {
  assertDivision(numerator, divisor);
  return (numerator + divisor - 1n) / divisor;
}

/** The nearest whole quotient; a half goes up. For numerator >= 0 and divisor > 0. */
export function divideHalfUp(numerator: bigint, divisor: bigint): bigint {
  assertDivision(numerator, divisor);
  return (2n * numerator + divisor) / (2n * divisor);
}

function assertDivision(numerator: bigint, divisor: bigint): void {
  if (numerator < 0n || divisor <= 0n) throw new RangeError(`cannot divide ${numerator} by ${divisor}`);
}
