import { activityWrite } from "../audit/activity.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { withRetries } from "../store/retries.ts";
import { sessionsOf } from "./list-sessions.ts";
import type { SessionPorts } from "./ports.ts";
import { SESSIONS_AT_MOST, sessionPlace } from "./session-item.ts";
import type { StoredAccount } from "./user-item.ts";

export type SessionRequest = {
  readonly userId: string;
  readonly sessionId: string;
  readonly requestId?: string | undefined;
};

/** Signs out: the session of this very call ends, and with it the access token. Signing out twice is no fault. */
export async function logout(request: SessionRequest, ports: SessionPorts): Promise<Result<undefined>> {
  const { userId, sessionId } = request;
  await endSessionOf({ ...request, actor: userId, action: "user_logout" }, ports);
  ports.log.info("user_logout", { userId, sessionId });
  return success(undefined);
}

/** Ends one of the user's sessions. Sessions lie under their user, so another user's cannot be named. */
export async function endSession(request: SessionRequest, ports: SessionPorts): Promise<Result<undefined>> {
  const { userId, sessionId } = request;
  const ended = await endSessionOf({ ...request, actor: userId, action: "session_ended" }, ports);
  if (!ended) return refuse("NOT_FOUND", "Session not found");
  ports.log.info("session_ended", { userId, sessionId });
  return success(undefined);
}

/** An account has so many sessions at most; where there are more, the oldest end. */
export async function endOldestSessions(account: StoredAccount, ports: SessionPorts): Promise<void> {
  const sessions = await sessionsOf(account, ports);
  for (const { userId, id: sessionId } of sessions.slice(SESSIONS_AT_MOST)) {
    const ending = { userId, sessionId, actor: "system", action: "session_ended" };
    if (await endSessionOf(ending, ports)) ports.log.info("session_ended", { userId, sessionId });
  }
}

type Ending = SessionRequest & { readonly actor: string; readonly action: string };

/** Deletes a session and records who did it; false where there was none. */
export async function endSessionOf(ending: Ending, { store, clock, random }: SessionPorts): Promise<boolean> {
  const { userId, sessionId, actor, action, requestId } = ending;
  const place = sessionPlace(userId, sessionId);
  if ((await store.get(place)) === undefined) return false;
  const timeMs = clock.nowMs();
  const record = activityWrite({
    id: random.id(timeMs),
    userId,
    actor,
    action,
    details: { sessionId },
    timeMs,
    requestId,
  });
  const gone = { kind: "delete", ...place, when: [{ attribute: "pk", is: "present" }] } as const;
  // Where the condition fails, the session ended in between, by whomever: it is over, and recorded.
  await withRetries(() => store.transact([gone, record]), { clock, random });
  return true;
}
