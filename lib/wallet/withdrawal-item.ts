import type { Item, Key } from "../store/store.ts";

export type WithdrawalStatus = "pending_approval" | "completed" | "rejected" | "cancelled";
export const WITHDRAWAL_STATUSES: readonly WithdrawalStatus[] = [
  "pending_approval",
  "completed",
  "rejected",
  "cancelled",
];

/** Amounts in smallest units; the fee is inside the amount. */
export type Withdrawal = {
  readonly id: string;
  readonly userId: string;
  readonly asset: string;
  readonly units: bigint;
  readonly feeUnits: bigint;
  readonly address: string;
  readonly status: WithdrawalStatus;
  readonly transactionId?: string;
  readonly reason?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export function withdrawalKey(userId: string, id: string): Key {
  return { pk: `USER#${userId}`, sk: `WITHDRAWAL#${id}` };
}

/** Tells an admin, who knows only the id, whose it is. */
export function withdrawalOwnerKey(id: string): Key {
  return { pk: `WITHDRAWAL#${id}`, sk: "OWNER" };
}

export function withdrawalItem(withdrawal: Withdrawal): Item & Key {
  const { id, userId, asset, units, feeUnits, address, status } = withdrawal;
  return {
    ...withdrawalKey(userId, id),
    id,
    userId,
    asset,
    units,
    feeUnits,
    address,
    status,
    createdAtMs: BigInt(withdrawal.createdAtMs),
    updatedAtMs: BigInt(withdrawal.updatedAtMs),
  };
}

export function withdrawalFrom(item: Item): Withdrawal {
  return {
    id: String(item.id),
    userId: String(item.userId),
    asset: String(item.asset),
    units: item.units as bigint,
    feeUnits: item.feeUnits as bigint,
    address: String(item.address),
    status: item.status as WithdrawalStatus,
    ...(item.transactionId === undefined ? {} : { transactionId: String(item.transactionId) }),
    ...(item.reason === undefined ? {} : { reason: String(item.reason) }),
    createdAtMs: Number(item.createdAtMs),
    updatedAtMs: Number(item.updatedAtMs),
  };
}
