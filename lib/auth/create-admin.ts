import { auditWrite } from "../audit/record.ts";
import { withRetries } from "../store/retries.ts";
import { accountByEmail } from "./find-account.ts";
import type { AuthPorts } from "./ports.ts";
import { accountWrites, newAccount } from "./register.ts";
import { type Account, profilePlace, type StoredAccount, showAccount } from "./user-item.ts";

export type AdminTerms = { readonly email: string; readonly password: string };

/**
 * Makes sure that there is an administrator of this address and password; for setting an exchange up. An account that is there
 * becomes an administrator's and gets the password, so that the same call always opens the door that it names.
 */
export async function createAdmin({ email, password }: AdminTerms, ports: AuthPorts): Promise<Account> {
  const normalised = email.trim().toLowerCase();
  const existing = await accountByEmail(normalised, ports.store);
  if (existing !== undefined) return resetAdmin(existing, password, ports);
  const passwordHash = await ports.passwords.hash(password);
  const account = newAccount({ email: normalised, passwordHash, role: "admin" }, ports);
  const outcome = await withRetries(
    () => ports.store.transact([...accountWrites(account), audit("admin_created", account, ports)]),
    ports,
  );
  if (!outcome.ok) throw new Error("somebody else opened the administrator's account at the same time");
  return showAccount(account);
}

async function resetAdmin(existing: StoredAccount, password: string, ports: AuthPorts): Promise<Account> {
  const { matches } = await ports.passwords.check(password, existing.passwordHash);
  const passwordHash = matches ? existing.passwordHash : await ports.passwords.hash(password);
  const account: StoredAccount = { ...existing, role: "admin", passwordHash };
  const { role } = account;
  if (matches && existing.role === role) return showAccount(account);
  const update = { kind: "update", ...profilePlace(account.id), set: { role, passwordHash } } as const;
  await withRetries(() => ports.store.transact([update, audit("admin_reset", account, ports)]), ports);
  return showAccount(account);
}

function audit(action: string, account: Account, { clock, random }: AuthPorts) {
  const timeMs = clock.nowMs();
  return auditWrite({ id: random.id(timeMs), actor: "system", action, entity: `user:${account.id}`, timeMs });
}
