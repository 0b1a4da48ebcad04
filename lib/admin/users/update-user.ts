import { auditWrite } from "../../audit/record.ts";
import { accountOf } from "../../auth/find-account.ts";
import {
  type Account,
  type AccountStatus,
  profilePlace,
  type Role,
  type StoredAccount,
  showAccount,
} from "../../auth/user-item.ts";
import { type Result, refuse, success } from "../../contract/refusal.ts";
import type { ExchangePorts } from "../../ports/ports.ts";
import { withRetries } from "../../store/retries.ts";
import type { Write } from "../../store/store.ts";
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

type ToMarkets = (account: { readonly userId: string; readonly correlationId: string }) => Promise<void>;

export type UpdateUserPorts = Pick<ExchangePorts, "store" | "clock" | "random" | "log"> & {
  /** Cancels the user's live orders everywhere and keeps what was accepted out of the books. */
  readonly closeToMarkets: ToMarkets;
  readonly openToMarkets: ToMarkets;
};

const RACES = 4;

/**
 * Freezes, unfreezes, or changes the role. The account, the mark on the wallet that stops orders and withdrawals, and the audit
 * record change together; the markets are told after that, every time anew, so that a call that failed on its way can be repeated.
 */
export async function updateUser(change: UserChange, ports: UpdateUserPorts): Promise<Result<Account>> {
  const { userId, actor, status, role, correlationId } = change;
  if (userId === actor && (status === "frozen" || role === "user")) {
    return refuse("CONFLICT", "Administrators cannot freeze or demote themselves");
  }
  const changed = await changeAccount(change, ports);
  if (!changed.ok) return changed;
  if (status === "frozen") await ports.closeToMarkets({ userId, correlationId });
  if (status === "active") await ports.openToMarkets({ userId, correlationId });
  return success(showAccount(changed.value));
}

async function changeAccount(change: UserChange, ports: UpdateUserPorts): Promise<Result<StoredAccount>> {
  for (let race = 0; race < RACES; race++) {
    const before = await accountOf(change.userId, ports.store);
    if (before === undefined) return refuse("NOT_FOUND", "User not found");
    const after = { ...before, status: change.status ?? before.status, role: change.role ?? before.role };
    if (after.status === before.status && after.role === before.role) return success(after);
    const writes = writesOf({ before, after, change }, ports);
    const outcome = await withRetries(() => ports.store.transact(writes), ports);
    if (!outcome.ok) continue;
    const { actor, userId } = change;
    ports.log.info("user_updated", { userId, actor, status: after.status, role: after.role });
    return success(after);
  }
  return refuse("CONFLICT", "The user is being changed by somebody else");
}

type Step = { readonly before: StoredAccount; readonly after: StoredAccount; readonly change: UserChange };

function writesOf({ before, after, change }: Step, { clock, random }: UpdateUserPorts): Write[] {
  const { userId, actor, requestId } = change;
  const { status, role } = after;
  const account: Write = {
    kind: "update",
    ...profilePlace(userId),
    set: { status, role },
    when: [
      { attribute: "status", is: "equal", to: before.status },
      { attribute: "role", is: "equal", to: before.role },
    ],
  };
  const timeMs = clock.nowMs();
  const audit = auditWrite({
    id: random.id(timeMs),
    actor,
    action: actionOf(before, after),
    entity: `user:${userId}`,
    details: { statusBefore: before.status, status, roleBefore: before.role, role },
    timeMs,
    requestId,
  });
  if (status === before.status) return [account, audit];
  const wallet = { kind: "update", table: "wallets", key: walletKey(userId) } as const;
  return [
    account,
    audit,
    status === "frozen" ? { ...wallet, set: { frozen: true } } : { ...wallet, remove: ["frozen"] },
  ];
}

function actionOf(before: Account, after: Account): string {
  if (after.status === before.status) return "user_role_changed";
  return after.status === "frozen" ? "user_frozen" : "user_unfrozen";
}
