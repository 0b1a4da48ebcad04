import { type AuditEvent, auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { isoTime } from "../contract/time.ts";
import { withRetries } from "../store/retries.ts";
import { accountByEmail } from "./find-account.ts";
import { maskedEmail } from "./masked-email.ts";
import type { AuthPorts, Client, IssuedTokens } from "./ports.ts";
import { expiryOf, type Session, sessionItem } from "./session-item.ts";
import { type Account, profilePlace, type StoredAccount, showAccount } from "./user-item.ts";

export type Credentials = {
  readonly email: string;
  readonly password: string;
  readonly client: Client;
  readonly requestId?: string | undefined;
};

export type TokenPair = IssuedTokens & { readonly tokenType: "Bearer"; readonly user: Account };

/**
 * Starts a session. That an account is frozen is told only to who knows its password, and an unknown address costs the same time
 * as a wrong password: neither words nor the clock tell strangers who has an account.
 */
export async function login(credentials: Credentials, ports: AuthPorts): Promise<Result<TokenPair>> {
  const account = await accountByEmail(credentials.email, ports.store);
  const { matches, outdated } = await ports.passwords.check(credentials.password, account?.passwordHash);
  if (account === undefined || !matches) {
    await noteFailure(credentials, { account, cause: "wrong_credentials" }, ports);
    return refuse("INVALID_CREDENTIALS");
  }
  if (account.status === "frozen") {
    await noteFailure(credentials, { account, cause: "frozen" }, ports);
    return refuse("ACCOUNT_FROZEN");
  }
  if (outdated) await rehash(account, credentials.password, ports);
  return success(await startSession(account, credentials, ports));
}

async function startSession(
  account: StoredAccount,
  credentials: Credentials,
  ports: AuthPorts,
): Promise<TokenPair> {
  const nowMs = ports.clock.nowMs();
  const now = isoTime(nowMs);
  const session: Session = {
    id: ports.random.id(nowMs),
    userId: account.id,
    createdAt: now,
    lastSeenAt: now,
    device: credentials.client.userAgent,
    ip: credentials.client.ip,
    generation: 1n,
    rotatedAtMs: nowMs,
    rotations: [],
    expiresAt: expiryOf(nowMs),
  };
  const audit = auditWrite(
    eventOf({ action: "user_login", account, credentials, details: { sessionId: session.id } }, ports),
  );
  await withRetries(
    () => ports.store.transact([{ kind: "put", table: "users", item: sessionItem(session) }, audit]),
    ports,
  );
  ports.log.info("user_login", { userId: account.id, sessionId: session.id });
  return pairFor(account, session, ports);
}

/** Signs the tokens of a session's present generation. */
export async function pairFor(
  account: StoredAccount,
  session: Session,
  ports: AuthPorts,
): Promise<TokenPair> {
  const claims = { userId: account.id, sessionId: session.id, generation: session.generation };
  const issued = await ports.tokens.issue(claims, ports.clock.nowMs());
  return { ...issued, tokenType: "Bearer", user: showAccount(account) };
}

type Failure = {
  readonly account: StoredAccount | undefined;
  readonly cause: "wrong_credentials" | "frozen";
};

async function noteFailure(
  credentials: Credentials,
  { account, cause }: Failure,
  ports: AuthPorts,
): Promise<void> {
  ports.log.warn("failed_login_attempt", {
    email: maskedEmail(credentials.email),
    userId: account?.id,
    cause,
    ip: credentials.client.ip,
  });
  if (account === undefined) return;
  const audit = auditWrite(
    eventOf({ action: "failed_login_attempt", account, credentials, details: { cause } }, ports),
  );
  await withRetries(() => ports.store.write(audit), ports);
}

/** A hash of old parameters is made anew while the password is at hand; another change of the password meanwhile wins. */
async function rehash(account: StoredAccount, password: string, ports: AuthPorts): Promise<void> {
  const passwordHash = await ports.passwords.hash(password);
  await withRetries(
    () =>
      ports.store.write({
        kind: "update",
        ...profilePlace(account.id),
        set: { passwordHash },
        when: [{ attribute: "passwordHash", is: "equal", to: account.passwordHash }],
      }),
    ports,
  );
}

type Attempt = {
  readonly action: string;
  readonly account: Account;
  readonly credentials: Credentials;
  readonly details: { readonly [name: string]: string };
};

function eventOf(
  { action, account, credentials, details }: Attempt,
  { clock, random }: AuthPorts,
): AuditEvent {
  const { client, requestId } = credentials;
  const timeMs = clock.nowMs();
  return {
    id: random.id(timeMs),
    actor: account.id,
    action,
    entity: `user:${account.id}`,
    details: { ...details, ip: client.ip, device: client.userAgent },
    timeMs,
    requestId,
  };
}
