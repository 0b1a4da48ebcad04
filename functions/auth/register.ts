import { authPorts } from "../../lib/adapters/auth-ports.ts";
import { ports } from "../../lib/adapters/ports.ts";
import { register } from "../../lib/auth/register.ts";
import { register as route } from "../../lib/contract/auth.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ body, client, requestId }) =>
    answered(201, await register({ ...body, client, requestId }, { ...ports, ...authPorts })),
  ports,
);
