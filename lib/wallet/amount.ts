import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Asset, Catalogue } from "../market/market.ts";
import { type DecimalFault, parseDecimal } from "../money/decimal.ts";

/** Why a decimal was refused, in words for the client. */
export function faultText(fault: DecimalFault, decimals: number): string {
  if (fault === "too_many_decimals") return `has more than ${decimals} decimals`;
  return fault === "too_large" ? "is too large" : "is not a decimal number";
}

export function invalid(path: string, message: string): Result<never> {
  return refuse("VALIDATION_ERROR", undefined, [{ path, message }]);
}

/** Reads a positive amount of an asset that the exchange knows. */
export function readAmount(
  given: { readonly asset: string; readonly amount: string },
  catalogue: Catalogue,
): Result<{ readonly asset: Asset; readonly units: bigint }> {
  const asset = catalogue.assets.get(given.asset);
  if (asset === undefined) return invalid("asset", `is none of ${[...catalogue.assets.keys()].join(", ")}`);
  const parsed = parseDecimal(given.amount, asset.decimals);
  if (!parsed.ok) return invalid("amount", faultText(parsed.fault, asset.decimals));
  if (parsed.units === 0n) return invalid("amount", "must be greater than zero");
  return success({ asset, units: parsed.units });
}
