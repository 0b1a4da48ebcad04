import { ports } from "../../lib/adapters/ports.ts";
import { sessionsOf } from "../../lib/auth/list-sessions.ts";
import { showSession } from "../../lib/auth/session-item.ts";
import { listSessions } from "../../lib/contract/auth.ts";
import { wholeList } from "../../lib/contract/cursor.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  listSessions,
  async ({ user, sessionId }) => {
    const sessions = await sessionsOf(user.id, ports);
    const items = sessions.map((session) => ({ ...showSession(session), current: session.id === sessionId }));
    return success({ status: 200, body: wholeList(items) });
  },
  ports,
);
