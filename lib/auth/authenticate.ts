import { type Result, refuse, success } from "../contract/refusal.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { AccessTokens } from "./ports.ts";
import { isOver, readSession, sessionPlace } from "./session-item.ts";
import { type Account, profilePlace, readAccount, showAccount } from "./user-item.ts";

/** Who calls, and in which session. */
export type SignedIn = { readonly user: Account; readonly sessionId: string };

type Ports = Pick<ExchangePorts, "store" | "clock"> & {
  readonly accessTokens: AccessTokens;
};

/**
 * Turns an access token into a user. The token proves a sign-in; that it still counts is read from the store each time, in
 * one call, so that signing out and freezing take effect at once.
 */
export async function authenticate(
  token: string,
  { store, clock, accessTokens }: Ports,
): Promise<Result<SignedIn>> {
  const nowMs = clock.nowMs();
  const claims = await accessTokens.verify(token, nowMs);
  if (claims === undefined) return refuse("UNAUTHORIZED");
  const { userId, sessionId } = claims;
  const [profile, session] = await store.getMany([profilePlace(userId), sessionPlace(userId, sessionId)]);
  if (profile === undefined || session === undefined) return refuse("UNAUTHORIZED");
  if (isOver(readSession(session), nowMs)) return refuse("UNAUTHORIZED");
  const account = readAccount(profile);
  if (account.status === "frozen") return refuse("ACCOUNT_FROZEN");
  return success({ user: showAccount(account), sessionId });
}
