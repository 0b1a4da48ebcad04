import { activityWrite } from "../audit/activity.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { isoTime } from "../contract/time.ts";
import { countWrite } from "../store/counters.ts";
import { withRetries } from "../store/retries.ts";
import type { Write } from "../store/store.ts";
import { maskedEmail } from "./masked-email.ts";
import type { AuthPorts, Client } from "./ports.ts";
import {
  type Account,
  emailPlace,
  profileItem,
  type Role,
  type StoredAccount,
  showAccount,
} from "./user-item.ts";

export type Registration = {
  readonly email: string;
  readonly password: string;
  readonly client: Client;
  readonly requestId?: string | undefined;
};

/** Opens an account. The address is taken in the same transaction, so two calls at once cannot both have it. */
export async function register(registration: Registration, ports: AuthPorts): Promise<Result<Account>> {
  const { email, password, client, requestId } = registration;
  if ((await ports.store.get(emailPlace(email))) !== undefined) return refuse("EMAIL_TAKEN");
  const passwordHash = await ports.passwords.hash(password);
  const account = newAccount({ email, passwordHash, role: "user" }, ports);
  const timeMs = ports.clock.nowMs();
  const record = activityWrite({
    id: ports.random.id(timeMs),
    userId: account.id,
    actor: account.id,
    action: "user_registered",
    details: { ip: client.ip },
    timeMs,
    requestId,
  });
  const outcome = await withRetries(() => ports.store.transact([...accountWrites(account), record]), ports);
  // A lost answer looks like a taken address; whose it is tells the two apart.
  if (!outcome.ok && !(await holds(account, ports))) return refuse("EMAIL_TAKEN");
  ports.log.info("user_registered", { userId: account.id, email: maskedEmail(email) });
  return success(showAccount(account));
}

async function holds({ id, email }: Account, { store }: AuthPorts): Promise<boolean> {
  return (await store.get(emailPlace(email)))?.userId === id;
}

type NewAccount = { readonly email: string; readonly passwordHash: string; readonly role: Role };

export function newAccount(
  terms: NewAccount,
  { clock, random }: Pick<AuthPorts, "clock" | "random">,
): StoredAccount {
  const nowMs = clock.nowMs();
  return {
    ...terms,
    id: random.id(nowMs),
    status: "active",
    credentialsVersion: 0n,
    createdAt: isoTime(nowMs),
  };
}

/** The writes of a new account: its address on condition that nobody has it, its profile, and that there is one more. */
export function accountWrites(account: StoredAccount): Write[] {
  const { table, key } = emailPlace(account.email);
  return [
    { kind: "put", table, item: { ...key, userId: account.id }, when: [{ attribute: "pk", is: "absent" }] },
    { kind: "put", table, item: profileItem(account), when: [{ attribute: "pk", is: "absent" }] },
    countWrite("users", { id: account.id, add: { users: 1n } }),
    countWrite("users", { id: account.id, add: { registered: 1n }, timeMs: Date.parse(account.createdAt) }),
  ];
}
