import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Clock } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";
import type { AccessTokens } from "./ports.ts";
import { standingOf } from "./standing.ts";
import { type Account, showAccount } from "./user-item.ts";

/** Who calls, and in which session. */
export type SignedIn = { readonly user: Account; readonly sessionId: string };

type Ports = { readonly store: Store; readonly clock: Clock; readonly accessTokens: AccessTokens };

/**
 * Turns an access token into a user. The token proves a sign-in; that it still counts is read from the store each time, in
 * one call, so that signing out and freezing take effect at once.
 */
export async function authenticate(token: string, ports: Ports): Promise<Result<SignedIn>> {
  const nowMs = ports.clock.nowMs();
  const claims = await ports.accessTokens.verify(token, nowMs);
  if (claims === undefined) return refuse("UNAUTHORIZED");
  const standing = await standingOf(claims, nowMs, ports);
  if (!standing.ok) return standing;
  return success({ user: showAccount(standing.value.account), sessionId: claims.sessionId });
}
