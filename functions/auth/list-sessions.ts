import { ports } from "../../lib/adapters/ports.ts";
import { listSessions } from "../../lib/auth/list-sessions.ts";
import { showSession } from "../../lib/auth/session-item.ts";
import { listSessions as route } from "../../lib/contract/auth.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ user, sessionId, query: { limit, cursor } }) => {
    const listed = await listSessions(user.id, { limit, after: cursor }, ports);
    const body = pageView(listed, (session) => ({
      ...showSession(session),
      current: session.id === sessionId,
    }));
    return success({ status: 200, body });
  },
  ports,
);
