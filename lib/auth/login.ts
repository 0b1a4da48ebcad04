import { createHash } from "node:crypto";
import { type ActivityEvent, activityWrite, isBusy } from "../audit/activity.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { isoTime } from "../contract/time.ts";
import { withRetries } from "../store/retries.ts";
import { endOldestSessions } from "./end-session.ts";
import { maskedEmail } from "./masked-email.ts";
import type { AuthPorts, Client, IssuedTokens } from "./ports.ts";
import { expiryOf, type Session, sessionItem } from "./session-item.ts";
import {
  type Account,
  emailPlace,
  profilePlace,
  readAccount,
  type StoredAccount,
  showAccount,
} from "./user-item.ts";

export type Credentials = {
  readonly email: string;
  readonly password: string;
  readonly client: Client;
  readonly requestId?: string | undefined;
};

export type TokenPair = IssuedTokens & { readonly tokenType: "Bearer"; readonly user: Account };

/**
 * Starts a session. That an account is frozen is told only to who knows its password. For everybody else an address without an account
 * is answered like a wrong password, in words, time and calls of the store: those are made for an account that does not exist.
 */
export async function login(credentials: Credentials, ports: AuthPorts): Promise<Result<TokenPair>> {
  const { email, password } = credentials;
  const nowMs = ports.clock.nowMs();
  const holder = await ports.store.get(emailPlace(email));
  const userId = typeof holder?.userId === "string" ? holder.userId : decoyId(email);
  const attempt = { id: ports.random.id(nowMs), userId, credentials, timeMs: nowMs };
  const [profile, busy] = await Promise.all([
    ports.store.get(profilePlace(userId)),
    isBusy(userId, nowMs, ports),
  ]);
  const account = profile === undefined ? undefined : readAccount(profile);
  const [{ matches, outdated }] = await Promise.all([
    ports.passwords.check(password, account?.passwordHash),
    busy ? undefined : recordAttempt(attempt, account !== undefined, ports),
  ]);
  if (account === undefined || !matches)
    return refuse(logFailure(attempt, { account, cause: "INVALID_CREDENTIALS" }, ports));
  if (account.status === "frozen")
    return refuse(logFailure(attempt, { account, cause: "ACCOUNT_FROZEN" }, ports));
  if (outdated) await rehash(account, password, ports);
  return success(await startSession(account, attempt, ports));
}

type Attempt = {
  /** Of its record. */
  readonly id: string;
  readonly userId: string;
  readonly credentials: Credentials;
  readonly timeMs: number;
};

/** As long as an account's id, the same for an address each time, and no account's: their first character is never so high. */
function decoyId(email: string): string {
  return `Z${createHash("sha256").update(email).digest("hex").slice(0, 25).toUpperCase()}`;
}

const DECOY_SECONDS = 24 * 60 * 60;

/**
 * Written as failed while the password is being checked, so that the answer need not wait for it; a login that succeeds corrects it.
 * One that breaks off in between stays failed: nobody got a token.
 */
async function recordAttempt(attempt: Attempt, exists: boolean, ports: AuthPorts): Promise<void> {
  const event = eventOf(attempt, "failed_login_attempt");
  const write = exists ? activityWrite(event) : activityWrite(event, DECOY_SECONDS);
  await withRetries(() => ports.store.write(write), ports);
}

type Failure = {
  readonly account: StoredAccount | undefined;
  readonly cause: "INVALID_CREDENTIALS" | "ACCOUNT_FROZEN";
};

function logFailure({ credentials }: Attempt, { account, cause }: Failure, { log }: AuthPorts) {
  const { email, client } = credentials;
  const fields = { email: maskedEmail(email), userId: account?.id, cause, ip: client.ip };
  log.warn("failed_login_attempt", fields);
  return cause;
}

async function startSession(account: StoredAccount, attempt: Attempt, ports: AuthPorts): Promise<TokenPair> {
  const { client } = attempt.credentials;
  const nowMs = ports.clock.nowMs();
  const now = isoTime(nowMs);
  const session: Session = {
    id: ports.random.id(nowMs),
    userId: account.id,
    createdAt: now,
    lastSeenAt: now,
    device: client.userAgent,
    ip: client.ip,
    credentialsVersion: account.credentialsVersion,
    generation: 1n,
    rotatedAtMs: nowMs,
    rotations: [],
    expiresAt: expiryOf(nowMs, nowMs),
  };
  const record = activityWrite(eventOf(attempt, "user_login", { sessionId: session.id }));
  await withRetries(
    () => ports.store.transact([{ kind: "put", table: "users", item: sessionItem(session) }, record]),
    ports,
  );
  ports.log.info("user_login", { userId: account.id, sessionId: session.id });
  // After its own session is there: of logins at the same time, the last one to look sees them all.
  const [pair] = await Promise.all([pairFor(account, session, ports), endOldestSessions(account, ports)]);
  return pair;
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

function eventOf(
  { id, userId, credentials, timeMs }: Attempt,
  action: string,
  details?: ActivityEvent["details"],
): ActivityEvent {
  const { client, requestId } = credentials;
  const where = { ip: client.ip, device: client.userAgent };
  return { id, userId, actor: userId, action, details: { ...details, ...where }, timeMs, requestId };
}
