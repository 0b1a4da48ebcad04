import { authPorts } from "../../lib/adapters/auth-ports.ts";
import { ports } from "../../lib/adapters/ports.ts";
import { refresh } from "../../lib/auth/refresh.ts";
import { refresh as route } from "../../lib/contract/auth.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ body, requestId }) =>
    answered(200, await refresh({ ...body, requestId }, { ...ports, ...authPorts })),
  ports,
);
