import { auditWrite } from "../../audit/record.ts";
import {
  type Account,
  type AccountStatus,
  profilePlace,
  type Role,
  readAccount,
  type StoredAccount,
  showAccount,
} from "../../auth/user-item.ts";
import { type Result, refuse, success } from "../../contract/refusal.ts";

import { type DesiredState, desireWrite, MOST_MARKETS } from "../../desired-state/desired-state.ts";
import { sendDesiredState } from "../../desired-state/send-desired-state.ts";
import type { ExchangePorts, SendPort } from "../../ports/ports.ts";
import { countWrite } from "../../store/counters.ts";
import { withRetries } from "../../store/retries.ts";
import type { Condition, Item, Write } from "../../store/store.ts";

import { walletKey } from "../../wallet/wallet-item.ts";

export type UserChange = {
  readonly userId: string;
  readonly status?: AccountStatus | undefined;
  readonly role?: Role | undefined;
  /** The administrator. */
  readonly actor: string;
  readonly requestId: string;
  readonly correlationId: string;
};

export type UpdateUserPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log"> &
  SendPort;

const RACES = 4;

/**
 * Freezes, unfreezes, or changes the role. The account, the mark on the wallet that stops orders and withdrawals, the audit record, and
 * what is desired of every market change together: a market that has not heard of it by then is told until it has.
 */
export async function updateUser(change: UserChange, ports: UpdateUserPorts): Promise<Result<Account>> {
  const { userId, actor, status, role } = change;
  if (userId === actor && (status === "frozen" || role === "user")) {
    return refuse("CONFLICT", "Administrators cannot freeze or demote themselves");
  }
  const changed = await changeAccount(change, ports);
  if (!changed.ok) return changed;
  const { account, desired } = changed.value;
  await Promise.all(desired.map((each) => sendDesiredState(each, 0, ports)));
  return success(showAccount(account));
}

type Changed = { readonly account: StoredAccount; readonly desired: readonly DesiredState[] };

async function changeAccount(change: UserChange, ports: UpdateUserPorts): Promise<Result<Changed>> {
  for (let race = 0; race < RACES; race++) {
    const item = await ports.store.get(profilePlace(change.userId));
    if (item === undefined) return refuse("NOT_FOUND", "User not found");
    const before = readAccount(item);
    const after = { ...before, status: change.status ?? before.status, role: change.role ?? before.role };
    if (after.status === before.status && after.role === before.role)
      return success({ account: after, desired: [] });
    const step = { before, after, change, statusNumber: statusNumberOf(item) };
    const desired = desiredOf(step, ports);
    const writes = [...writesOf(step, ports), ...desired.map((each) => desireWrite(each))];
    const outcome = await withRetries(() => ports.store.transact(writes), ports);
    if (!outcome.ok) continue;
    const { actor, userId } = change;
    ports.log.info("user_updated", { userId, actor, status: after.status, role: after.role });
    return success({ account: after, desired });
  }
  return refuse("CONFLICT", "The user is being changed by somebody else");
}

type Step = {
  readonly before: StoredAccount;
  readonly after: StoredAccount;
  readonly change: UserChange;
  /** Of the last change of the status. */
  readonly statusNumber: number;
};

/** How often an account's status has changed; 0 where it never has. */
function statusNumberOf(account: Item): number {
  return Number(account.statusNumber ?? 0n);
}

/** What every market is to know of a changed status. */
function desiredOf(
  { before, after, change, statusNumber }: Step,
  { catalogue, clock }: UpdateUserPorts,
): readonly DesiredState[] {
  if (after.status === before.status) return [];
  const markets = [...catalogue.markets.keys()];
  if (markets.length > MOST_MARKETS) throw new Error(`a freeze reaches ${MOST_MARKETS} markets at most`);
  const { userId, actor, correlationId } = change;
  const wish = { userId, status: after.status, number: statusNumber + 1, actor, correlationId };
  const desiredAtMs = clock.nowMs();
  return markets.map((market) => ({ kind: "account_status", market, ...wish, desiredAtMs }));
}

function writesOf(
  { before, after, change, statusNumber }: Step,
  { clock, random }: UpdateUserPorts,
): Write[] {
  const { userId, actor, requestId } = change;
  const { status, role } = after;
  const isStatusChanged = status !== before.status;
  const isNumberUnchanged: Condition =
    statusNumber === 0
      ? { attribute: "statusNumber", is: "absent" }
      : { attribute: "statusNumber", is: "equal", to: BigInt(statusNumber) };
  const account: Write = {
    kind: "update",
    ...profilePlace(userId),
    set: { status, role, ...(isStatusChanged ? { statusNumber: BigInt(statusNumber + 1) } : {}) },
    // Whoever held a token before must log in anew.
    ...(status === "frozen" || role !== before.role ? { add: { credentialsVersion: 1n } } : {}),
    when: [
      { attribute: "status", is: "equal", to: before.status },
      { attribute: "role", is: "equal", to: before.role },
      isNumberUnchanged,
    ],
  };
  const timeMs = clock.nowMs();
  const audit = auditWrite({
    id: random.id(timeMs),
    actor,
    action: actionOf(before, after),
    entities: [`user:${userId}`],
    details: { statusBefore: before.status, status, roleBefore: before.role, role },
    timeMs,
    requestId,
  });
  if (!isStatusChanged) return [account, audit];
  const wallet = { kind: "update", table: "wallets", key: walletKey(userId) } as const;
  return [
    account,
    audit,
    status === "frozen" ? { ...wallet, set: { frozen: true } } : { ...wallet, remove: ["frozen"] },
    countWrite("users", { id: userId, add: { frozen: status === "frozen" ? 1n : -1n } }),
  ];
}

function actionOf(before: Account, after: Account): string {
  if (after.status === before.status) return "user_role_changed";
  return after.status === "frozen" ? "user_frozen" : "user_unfrozen";
}
