import { authPorts } from "../../lib/adapters/auth-ports.ts";
import { ports } from "../../lib/adapters/ports.ts";
import { login } from "../../lib/auth/login.ts";
import { login as route } from "../../lib/contract/auth.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ body: { email, password }, client, requestId }) =>
    answered(200, await login({ email, password, client, requestId }, { ...ports, ...authPorts })),
  ports,
);
