import { type Result, refuse, success } from "../contract/refusal.ts";
import { type Listing, type ListRequest, listNewestFirst } from "../store/listing.ts";
import type { Item, Store } from "../store/store.ts";
import { type Deposit, depositFrom, depositKey } from "./deposit-item.ts";
import {
  WITHDRAWAL_STATUSES,
  type Withdrawal,
  type WithdrawalStatus,
  withdrawalFrom,
  withdrawalKey,
} from "./withdrawal-item.ts";

type Ports = { readonly store: Store };

export async function listDeposits(
  userId: string,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<Deposit>> {
  const { pk } = depositKey(userId, "");
  const query = { table: "wallets", pk, from: "DEPOSIT#", to: "DEPOSIT#~", consistent: true } as const;
  return listById(
    await listNewestFirst({ query, request: after(request, "DEPOSIT#"), read: depositFrom }, ports),
    "DEPOSIT#",
  );
}

export async function listWithdrawals(
  userId: string,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<Withdrawal>> {
  const { pk } = withdrawalKey(userId, "");
  const query = { table: "wallets", pk, from: "WITHDRAWAL#", to: "WITHDRAWAL#~", consistent: true } as const;
  return listById(
    await listNewestFirst({ query, request: after(request, "WITHDRAWAL#"), read: withdrawalFrom }, ports),
    "WITHDRAWAL#",
  );
}

export async function getWithdrawal(
  { userId, id }: { readonly userId: string; readonly id: string },
  { store }: Ports,
): Promise<Result<Withdrawal>> {
  const item = await store.get({ table: "wallets", key: withdrawalKey(userId, id) });
  return item === undefined ? refuse("NOT_FOUND", "Withdrawal not found") : success(withdrawalFrom(item));
}

/** Withdrawals of all users, newest first: of one status, or the lists of all statuses merged. */
export async function listAllWithdrawals(
  status: WithdrawalStatus | undefined,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<Withdrawal>> {
  const statuses = status === undefined ? WITHDRAWAL_STATUSES : [status];
  const lists: Listing<string>[] = [];
  // One after the other, pending ones first: what is decided meanwhile shows in both lists rather than in none.
  for (const pk of statuses) {
    const query = { table: "wallets", index: "withdrawalStatus", pk } as const;
    const read = (item: Item): string => String(item.id);
    lists.push(await listNewestFirst({ query, sortAttribute: "id", request, read }, ports));
  }
  const ids = [...new Set(lists.flatMap(({ items }) => items))].sort().reverse();
  const shown = ids.slice(0, request.limit);
  const items: Withdrawal[] = [];
  for (const id of shown) {
    // The index may be behind by a decision; the table is not.
    const owner = await ports.store.get({ table: "wallets", key: { pk: `WITHDRAWAL#${id}`, sk: "OWNER" } });
    const found = await getWithdrawal({ userId: String(owner?.ownerId), id }, ports);
    if (found.ok && (status === undefined || found.value.status === status)) items.push(found.value);
  }
  const last = shown.at(-1);
  const hasMore = ids.length > shown.length || lists.some(({ next }) => next !== undefined);
  return hasMore && last !== undefined ? { items, next: last } : { items };
}

function after(request: ListRequest, prefix: string): ListRequest {
  return request.after === undefined ? request : { ...request, after: prefix + request.after };
}

function listById<T>({ items, next }: Listing<T>, prefix: string): Listing<T> {
  return next === undefined ? { items } : { items, next: next.slice(prefix.length) };
}
