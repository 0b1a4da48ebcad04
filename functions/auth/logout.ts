import { ports } from "../../lib/adapters/ports.ts";
import { logout } from "../../lib/auth/end-session.ts";
import { logout as route } from "../../lib/contract/auth.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ user, sessionId, requestId }) =>
    answered(204, await logout({ userId: user.id, sessionId, requestId }, ports)),
  ports,
);
