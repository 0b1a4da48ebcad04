import { ports } from "../../lib/adapters/ports.ts";
import { notFound } from "../../lib/contract/docs.ts";
import { refuse } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

/** Behind API Gateway's `$default`: what no route answers. */
export const handler = endpoint(notFound, async () => refuse("NOT_FOUND"), ports);
