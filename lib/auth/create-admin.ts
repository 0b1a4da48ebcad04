import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { withRetries } from "../store/retries.ts";
import { accountByEmail } from "./find-account.ts";
import type { AuthPorts } from "./ports.ts";
import { accountWrites, newAccount } from "./register.ts";
import { type Account, profilePlace, type StoredAccount, showAccount } from "./user-item.ts";

export type AdminTerms = {
  readonly email: string;
  readonly password: string;
  /** Whether an account that is there already, whoever opened it, becomes an administrator's with this password. */
  readonly promote?: boolean;
};

/**
 * Makes sure that there is an administrator of this address and password; for setting an exchange up. An account that is there is
 * changed only where that is asked for, and loses all its sessions: somebody else may have opened it.
 */
export async function createAdmin(
  { email, password, promote }: AdminTerms,
  ports: AuthPorts,
): Promise<Result<Account>> {
  const normalised = email.trim().toLowerCase();
  const existing = await accountByEmail(normalised, ports.store);
  if (existing !== undefined) {
    const { matches } = await ports.passwords.check(password, existing.passwordHash);
    if (matches && existing.role === "admin") return success(showAccount(existing));
    if (promote !== true) {
      const since = `since ${existing.createdAt} an account of the role ${existing.role}`;
      return refuse("EMAIL_TAKEN", `${normalised} has ${since}, which somebody else may have opened`);
    }
    return success(await resetAdmin(existing, password, ports));
  }
  const passwordHash = await ports.passwords.hash(password);
  const account = newAccount({ email: normalised, passwordHash, role: "admin" }, ports);
  const outcome = await withRetries(
    () => ports.store.transact([...accountWrites(account), audit("admin_created", account, ports)]),
    ports,
  );
  return outcome.ok
    ? success(showAccount(account))
    : refuse("CONFLICT", `somebody opened an account of ${normalised} at the same time`);
}

async function resetAdmin(existing: StoredAccount, password: string, ports: AuthPorts): Promise<Account> {
  const { id, credentialsVersion } = existing;
  const passwordHash = await ports.passwords.hash(password);
  const account: StoredAccount = { ...existing, role: "admin", passwordHash };
  const update = {
    kind: "update",
    ...profilePlace(id),
    set: { role: "admin", passwordHash },
    add: { credentialsVersion: 1n },
    when: [{ attribute: "credentialsVersion", is: "absent_or_equal", to: credentialsVersion }],
  } as const;
  const record = audit("admin_reset", account, ports);
  const outcome = await withRetries(() => ports.store.transact([update, record]), ports);
  if (!outcome.ok) throw new Error("the account was changed at the same time; look at it, then try again");
  return showAccount(account);
}

function audit(action: string, account: Account, { clock, random }: AuthPorts) {
  const timeMs = clock.nowMs();
  const entities = [`user:${account.id}`] as const;
  return auditWrite({ id: random.id(timeMs), actor: "system", action, entities, timeMs });
}
