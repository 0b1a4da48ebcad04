import type { Item, Key, Place } from "../store/store.ts";

/** Sessions as the table `users` holds them, beside their user's profile. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly device: string;
  readonly ip: string;
  /** The account's when the session was started. */
  readonly credentialsVersion: bigint;
  /** How often the refresh token was exchanged; a refresh token is good for one generation. */
  readonly generation: bigint;
  readonly rotatedAtMs: number;
  /** When the last few generations were exchanged, oldest first: [generation, milliseconds since 1970]. */
  readonly rotations: readonly (readonly [generation: bigint, atMs: bigint])[];
  /** Seconds since 1970; also the item's time to live. */
  readonly expiresAt: number;
};

export const SESSION_PREFIX = "SESSION#";
/** A session that is not refreshed ends so long after the last time. */
export const SESSION_SECONDS = 30 * 24 * 60 * 60;
/** However often it is refreshed, it ends so long after its login. */
const SESSION_SECONDS_AT_MOST = 90 * 24 * 60 * 60;

/** What one account may have at the same time. */
export const SESSIONS_AT_MOST = 20;

export function sessionPlace(userId: string, sessionId: string): Place {
  return { table: "users", key: { pk: `USER#${userId}`, sk: SESSION_PREFIX + sessionId } };
}

export function expiryOf(nowMs: number, createdAtMs: number): number {
  const [now, createdAt] = [Math.floor(nowMs / 1000), Math.floor(createdAtMs / 1000)];
  return Math.min(now + SESSION_SECONDS, createdAt + SESSION_SECONDS_AT_MOST);
}

export function sessionItem({ id, userId, rotatedAtMs, expiresAt, ...rest }: Session): Item & Key {
  return {
    ...sessionPlace(userId, id).key,
    ...rest,
    rotatedAtMs: BigInt(rotatedAtMs),
    expiresAt: BigInt(expiresAt),
  };
}

export function readSession(item: Item): Session {
  const { pk, sk, createdAt, lastSeenAt, device, ip, generation, rotatedAtMs, expiresAt } = item;
  const { credentialsVersion = 0n } = item;
  if (typeof generation !== "bigint") throw new Error(`session ${String(sk)} has no generation`);
  if (typeof credentialsVersion !== "bigint") throw new Error(`session ${String(sk)} has no version`);
  return {
    id: String(sk).slice(SESSION_PREFIX.length),
    userId: String(pk).slice("USER#".length),
    createdAt: String(createdAt),
    lastSeenAt: String(lastSeenAt),
    device: String(device),
    ip: String(ip),
    credentialsVersion,
    generation,
    rotations: (item.rotations as Session["rotations"] | undefined) ?? [],
    rotatedAtMs: Number(rotatedAtMs),
    expiresAt: Number(expiresAt),
  };
}

/** Time to live removes items late, so whoever reads a session asks this. */
export function isOver({ expiresAt }: Session, nowMs: number): boolean {
  return expiresAt * 1000 <= nowMs;
}

/** A session as its owner and administrators see it. */
export function showSession({ id, device, ip, createdAt, lastSeenAt }: Session) {
  return { id, device, ip, createdAt, lastSeenAt };
}
