import { formatDecimal, parseDecimal } from "../../lib/money/decimal.ts";

/** Every number of the API has fewer decimals than this, so that all of them are whole numbers at this scale. */
export const SCALE = 18;
export const ONE = 10n ** BigInt(SCALE);

export function unitsOf(text: string): bigint {
  const parsed = parseDecimal(text, SCALE);
  if (!parsed.ok) throw new Error(`"${text}" is not a decimal: ${parsed.fault}`);
  return parsed.units;
}

export function decimalOf(units: bigint): string {
  return formatDecimal(units, SCALE);
}
