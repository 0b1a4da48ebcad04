import { ports } from "../../lib/adapters/ports.ts";
import { endSession } from "../../lib/auth/end-session.ts";
import { endSession as route } from "../../lib/contract/auth.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ user, params, requestId }) =>
    answered(204, await endSession({ userId: user.id, sessionId: params.id, requestId }, ports)),
  ports,
);
