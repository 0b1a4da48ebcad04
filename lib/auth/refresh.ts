import { type Result, refuse, success } from "../contract/refusal.ts";
import { isoTime } from "../contract/time.ts";
import { withRetries } from "../store/retries.ts";
import { endSessionOf } from "./end-session.ts";
import { pairFor, type TokenPair } from "./login.ts";
import type { AuthPorts } from "./ports.ts";
import { expiryOf, type Session, sessionPlace } from "./session-item.ts";
import { standingOf } from "./standing.ts";

export type RefreshRequest = { readonly refreshToken: string; readonly requestId?: string | undefined };

/** Within this time the use of the token before is a lost answer, or two tabs of one browser. Later it is a theft. */
const GRACE_MS = 10_000;
/** Nobody honest exchanges more tokens within the grace. */
const MOST_ROTATIONS = 10;
const RACES = 4;

/**
 * Exchanges a refresh token for a new pair. Each token is of one generation of its session; exchanging the present one
 * moves the session on. Whoever comes with an older one shows that two hold the session, and nobody can tell who is the thief:
 * it ends for both.
 */
export async function refresh(
  { refreshToken, requestId }: RefreshRequest,
  ports: AuthPorts,
): Promise<Result<TokenPair>> {
  const claims = await ports.tokens.verifyRefresh(refreshToken, ports.clock.nowMs());
  if (claims === undefined) return refuse("UNAUTHORIZED");
  for (let race = 0; race < RACES; race++) {
    const found = await standingOf(claims, ports.clock.nowMs(), ports);
    if (!found.ok) return found;
    const { account, session } = found.value;
    const age = session.generation - claims.generation;
    if (age < 0n) return refuse("UNAUTHORIZED");
    if (age === 0n) {
      const next = await rotate(session, ports);
      // Somebody else moved the session on in between: then this token is the one before, and judged so.
      if (next === undefined) continue;
      return success(await pairFor(account, next, ports));
    }
    if (isRecent(session, claims.generation, ports.clock.nowMs()))
      return success(await pairFor(account, session, ports));
    return endStolen({ session, requestId }, ports);
  }
  throw new Error(`the session ${claims.sessionId} moved on at every attempt`);
}

function recentOf({ rotations }: Session, nowMs: number): Session["rotations"] {
  return rotations.filter(([, atMs]) => nowMs - Number(atMs) <= GRACE_MS);
}

/** Whether the token of a generation was exchanged so shortly ago that its answer may have been lost. */
function isRecent(session: Session, generation: bigint, nowMs: number): boolean {
  return recentOf(session, nowMs).some(([recent]) => recent === generation);
}

/** Moves the session to its next generation; undefined where somebody was faster. */
async function rotate(session: Session, ports: AuthPorts): Promise<Session | undefined> {
  const nowMs = ports.clock.nowMs();
  const next: Session = {
    ...session,
    generation: session.generation + 1n,
    rotatedAtMs: nowMs,
    rotations: [...recentOf(session, nowMs), [session.generation, BigInt(nowMs)] as const].slice(
      -MOST_ROTATIONS,
    ),
    lastSeenAt: isoTime(nowMs),
    expiresAt: expiryOf(nowMs, Date.parse(session.createdAt)),
  };
  const outcome = await withRetries(
    () =>
      ports.store.write({
        kind: "update",
        ...sessionPlace(session.userId, session.id),
        set: {
          generation: next.generation,
          rotatedAtMs: BigInt(nowMs),
          rotations: next.rotations,
          lastSeenAt: next.lastSeenAt,
          expiresAt: BigInt(next.expiresAt),
        },
        when: [{ attribute: "generation", is: "equal", to: session.generation }],
      }),
    ports,
  );
  return outcome.ok ? next : undefined;
}

type Stolen = { readonly session: Session; readonly requestId?: string | undefined };

async function endStolen({ session, ...rest }: Stolen, ports: AuthPorts): Promise<Result<never>> {
  ports.log.warn("token_reused", { userId: session.userId, sessionId: session.id });
  const { userId, id: sessionId } = session;
  await endSessionOf({ userId, sessionId, actor: "system", action: "token_reused", ...rest }, ports);
  return refuse("TOKEN_REUSED");
}
