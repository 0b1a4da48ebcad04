import { ports } from "../../lib/adapters/ports.ts";
import { me } from "../../lib/contract/auth.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(me, async ({ user }) => success({ status: 200, body: user }), ports);
