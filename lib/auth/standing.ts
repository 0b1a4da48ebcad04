import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Store } from "../store/store.ts";
import type { AccessClaims } from "./ports.ts";
import { isOver, readSession, type Session, sessionPlace } from "./session-item.ts";
import { profilePlace, readAccount, type StoredAccount } from "./user-item.ts";

export type Standing = { readonly account: StoredAccount; readonly session: Session };

/**
 * Whether what a token claims still counts: its session lives, its account is not frozen, and nothing has ended since what was issued
 * before. One call, so that it can be asked with each request.
 */
export async function standingOf(
  { userId, sessionId }: AccessClaims,
  nowMs: number,
  { store }: { readonly store: Store },
): Promise<Result<Standing>> {
  const [profile, item] = await store.getMany([profilePlace(userId), sessionPlace(userId, sessionId)]);
  if (profile === undefined || item === undefined) return refuse("UNAUTHORIZED");
  const account = readAccount(profile);
  const session = readSession(item);
  if (isOver(session, nowMs)) return refuse("UNAUTHORIZED");
  // Freezing ends what was issued before as well; that the account is frozen says more.
  if (account.status === "frozen") return refuse("ACCOUNT_FROZEN");
  return isOfVersion(session, account) ? success({ account, session }) : refuse("UNAUTHORIZED");
}

export function isOfVersion(session: Session, account: StoredAccount): boolean {
  return session.credentialsVersion === account.credentialsVersion;
}
