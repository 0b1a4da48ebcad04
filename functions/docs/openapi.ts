import { ports } from "../../lib/adapters/ports.ts";
import { getOpenApi } from "../../lib/contract/docs.ts";
import { openApi } from "../../lib/contract/openapi.ts";
import { success } from "../../lib/contract/refusal.ts";
import { ROUTES } from "../../lib/contract/routes.ts";
import { ANSWERS } from "../../lib/edge/answers.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

const description = openApi(ROUTES, ANSWERS);

export const handler = endpoint(getOpenApi, async () => success({ status: 200, body: description }), ports);
