import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { formatDecimal } from "../money/decimal.ts";
import { countWrite } from "../store/counters.ts";
import { isBusy, withRetries } from "../store/retries.ts";
import { invalid, readAmount } from "./amount.ts";
import type { WalletPorts } from "./credit-deposit.ts";
import { hotMarkPlace, isHot } from "./hot-wallet.ts";
import { availableOf, isFrozen, walletWrite } from "./wallet-item.ts";
import {
  type Withdrawal,
  withdrawalFrom,
  withdrawalItem,
  withdrawalKey,
  withdrawalOwnerKey,
} from "./withdrawal-item.ts";

export type RequestWithdrawal = {
  readonly userId: string;
  readonly asset: string;
  readonly amount: string;
  readonly address: string;
  /** The withdrawal's id: under one idempotency key there is one withdrawal. */
  readonly operationId: string;
  readonly requestId?: string | undefined;
};

/** Locks the amount and records the withdrawal, which an administrator then decides. */
export async function requestWithdrawal(
  input: RequestWithdrawal,
  ports: WalletPorts,
): Promise<Result<Withdrawal>> {
  const amount = readAmount(input, ports.catalogue);
  if (!amount.ok) return amount;
  const { asset, units } = amount.value;
  if (units <= asset.withdrawalFee) {
    return invalid(
      "amount",
      `must be more than the fee of ${formatDecimal(asset.withdrawalFee, asset.decimals)} ${asset.asset}`,
    );
  }
  const { userId, operationId: id, address } = input;
  const nowMs = ports.clock.nowMs();
  const withdrawal: Withdrawal = {
    id,
    userId,
    asset: asset.asset,
    units,
    feeUnits: asset.withdrawalFee,
    address,
    status: "pending_approval",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const givesWay = async (): Promise<boolean> =>
    isHot(await ports.store.get(hotMarkPlace(userId)), ports.clock.nowMs());
  if (await givesWay()) return refuse("RATE_LIMITED");
  const recordId = ports.random.id(nowMs);
  const outcome = await withRetries(
    () =>
      ports.store.transact([
        {
          kind: "put",
          table: "wallets",
          item: withdrawalItem(withdrawal),
          when: [{ attribute: "pk", is: "absent" }],
        },
        { kind: "put", table: "wallets", item: { ...withdrawalOwnerKey(id), ownerId: userId } },
        walletWrite(userId, new Map([[asset.asset, { available: -units, locked: units }]]), {
          when: [{ attribute: "frozen", is: "absent" }],
        }),
        auditWrite({
          id: recordId,
          actor: userId,
          action: "withdrawal_requested",
          entities: [`withdrawal:${id}`, `user:${userId}`],
          details: { asset: asset.asset, amount: input.amount, address },
          timeMs: nowMs,
          requestId: input.requestId,
        }),
        countWrite("wallets", { id, add: { pendingWithdrawals: 1n } }),
      ]),
    ports,
    givesWay,
  );
  if (!outcome.ok && isBusy(outcome)) return refuse("RATE_LIMITED");
  if (!outcome.ok) {
    // The id is this operation's own: where the withdrawal exists, it was made before and only the answer was lost.
    const existing = await ports.store.get({ table: "wallets", key: withdrawalKey(userId, id) });
    if (existing !== undefined) return success(withdrawalFrom(existing));
    const [, , refused] = outcome.reasons;
    const wallet = refused?.code === "condition" ? refused.item : undefined;
    if (isFrozen(wallet)) return refuse("ACCOUNT_FROZEN");
    ports.log.warn("withdrawal_refused", {
      userId,
      asset: asset.asset,
      available: String(availableOf(wallet, asset.asset)),
    });
    return refuse("INSUFFICIENT_FUNDS");
  }
  ports.log.info("withdrawal_requested", {
    withdrawalId: id,
    userId,
    asset: asset.asset,
    amount: input.amount,
  });
  return success(withdrawal);
}
