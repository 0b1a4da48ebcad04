import { type Result, refuse, success } from "../contract/refusal.ts";
import { type Listing, type ListRequest, listNewestFirst } from "../store/listing.ts";
import type { Item, Key, Store } from "../store/store.ts";
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
  return await listMovements({ key: depositKey(userId, ""), read: depositFrom }, request, ports);
}

export async function listWithdrawals(
  userId: string,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<Withdrawal>> {
  return await listMovements({ key: withdrawalKey(userId, ""), read: withdrawalFrom }, request, ports);
}

/** A user's movements of one kind, newest first; pages end at an id, which is what follows the prefix of the sort key. */
async function listMovements<T>(
  { key: { pk, sk: prefix }, read }: { readonly key: Key; readonly read: (item: Item) => T },
  { limit, after }: ListRequest,
  ports: Ports,
): Promise<Listing<T>> {
  const query = { table: "wallets", pk, from: prefix, to: `${prefix}~`, consistent: true } as const;
  const request = { limit, after: after === undefined ? undefined : prefix + after };
  const { items, next } = await listNewestFirst({ query, request, read }, ports);
  return next === undefined ? { items } : { items, next: next.slice(prefix.length) };
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
  // The index may be behind by a decision; the table is not.
  const found = await readWithdrawals(shown, ports);
  const items = found.filter((each) => status === undefined || each.status === status);
  const last = shown.at(-1);
  const hasMore = ids.length > shown.length || lists.some(({ next }) => next !== undefined);
  return hasMore && last !== undefined ? { items, next: last } : { items };
}

/** As many as are read at once. */
const READ_AT_ONCE = 100;

/** In a few reads, however many they are: one after the other, a long page would outlast its function. */
async function readWithdrawals(ids: readonly string[], { store }: Ports): Promise<readonly Withdrawal[]> {
  const found: Withdrawal[] = [];
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
    const some = ids.slice(start, start + READ_AT_ONCE);
    const owners = await store.getMany(
      some.map((id) => ({ table: "wallets", key: { pk: `WITHDRAWAL#${id}`, sk: "OWNER" } })),
    );
    const items = await store.getMany(
      some.map((id, index) => ({ table: "wallets", key: withdrawalKey(String(owners[index]?.ownerId), id) })),
    );
    for (const item of items) if (item !== undefined) found.push(withdrawalFrom(item));
  }
  return found;
}
