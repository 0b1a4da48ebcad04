import type { Item, Key } from "../store/store.ts";
import { type Movement, movementFrom, movementItem } from "./movement-item.ts";

export type WithdrawalStatus = "pending_approval" | "completed" | "rejected" | "cancelled";
export const WITHDRAWAL_STATUSES: readonly WithdrawalStatus[] = [
  "pending_approval",
  "completed",
  "rejected",
  "cancelled",
];

/** The fee is inside the amount, in smallest units like it. */
export type Withdrawal = Movement & {
  readonly feeUnits: bigint;
  readonly address: string;
  readonly status: WithdrawalStatus;
  readonly transactionId?: string;
  readonly reason?: string;
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
  const { id, userId, feeUnits, address, status, updatedAtMs } = withdrawal;
  return {
    ...withdrawalKey(userId, id),
    ...movementItem(withdrawal),
    feeUnits,
    address,
    status,
    updatedAtMs: BigInt(updatedAtMs),
  };
}

export function withdrawalFrom(item: Item): Withdrawal {
  return {
    ...movementFrom(item),
    feeUnits: item.feeUnits as bigint,
    address: String(item.address),
    status: item.status as WithdrawalStatus,
    ...(item.transactionId === undefined ? {} : { transactionId: String(item.transactionId) }),
    ...(item.reason === undefined ? {} : { reason: String(item.reason) }),
    updatedAtMs: Number(item.updatedAtMs),
  };
}
