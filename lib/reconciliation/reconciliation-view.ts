import { isoTime } from "../contract/time.ts";
import type { Catalogue } from "../market/market.ts";
import { amountText } from "../wallet/wallet-view.ts";
import { type Conservation, differenceOf } from "./conservation.ts";

/** The conservation equation of each asset as the contract words it. */
export function reconciliationView(
  { sums }: Conservation,
  context: { readonly catalogue: Catalogue; readonly timeMs: number },
) {
  const items = [...context.catalogue.assets.keys()].map((asset) => {
    const sum = sums.get(asset) ?? { available: 0n, locked: 0n, fees: 0n, credited: 0n, withdrawn: 0n };
    const text = (units: bigint): string => amountText(asset, units, context.catalogue);
    return {
      asset,
      available: text(sum.available),
      locked: text(sum.locked),
      feesEarned: text(sum.fees),
      deposits: text(sum.credited),
      withdrawals: text(sum.withdrawn),
      adjustments: "0",
      left: text(sum.available + sum.locked + sum.fees),
      right: text(sum.credited - sum.withdrawn),
      difference: text(differenceOf(sum)),
    };
  });
  return {
    time: isoTime(context.timeMs),
    balanced: items.every(({ difference }) => difference === "0"),
    items,
  };
}
