import { isoTime } from "../contract/time.ts";
import type { Catalogue } from "../market/market.ts";
import { formatDecimal } from "../money/decimal.ts";
import type { Item } from "../store/store.ts";
import type { Deposit } from "./deposit-item.ts";
import { balancesOf } from "./wallet-item.ts";
import type { Withdrawal } from "./withdrawal-item.ts";

/** Wallet things as the contract words them: decimal strings, ISO times. */

export type BalanceView = {
  readonly asset: string;
  readonly available: string;
  readonly locked: string;
  readonly total: string;
};

/** Every asset of the exchange, also those that the user never had. */
export function balanceViews(wallet: Item | undefined, catalogue: Catalogue): readonly BalanceView[] {
  const balances = balancesOf(wallet);
  return [...catalogue.assets.values()].map(({ asset, decimals }) => {
    const { available, locked } = balances.get(asset) ?? { available: 0n, locked: 0n };
    return {
      asset,
      available: formatDecimal(available, decimals),
      locked: formatDecimal(locked, decimals),
      total: formatDecimal(available + locked, decimals),
    };
  });
}

export function depositView(deposit: Deposit, catalogue: Catalogue) {
  const { id, userId, asset, units, reference, createdAtMs } = deposit;
  return {
    id,
    userId,
    asset,
    amount: amountText(asset, units, catalogue),
    reference,
    createdAt: isoTime(createdAtMs),
  };
}

export function withdrawalView(withdrawal: Withdrawal, catalogue: Catalogue) {
  const { id, userId, asset, units, feeUnits, address, status } = withdrawal;
  return {
    id,
    userId,
    asset,
    amount: amountText(asset, units, catalogue),
    fee: amountText(asset, feeUnits, catalogue),
    address,
    status,
    transactionId: withdrawal.transactionId ?? null,
    reason: withdrawal.reason ?? null,
    createdAt: isoTime(withdrawal.createdAtMs),
    updatedAt: isoTime(withdrawal.updatedAtMs),
  };
}

export function amountText(asset: string, units: bigint, catalogue: Catalogue): string {
  const known = catalogue.assets.get(asset);
  if (known === undefined) throw new Error(`asset ${asset} is not defined`);
  return formatDecimal(units, known.decimals);
}
