import definitions from "../../resources/markets.json" with { type: "json" };
import type { AccessTokens } from "../auth/ports.ts";
import { readCatalogue } from "../market/market.ts";
import type { ExchangePorts, RequestLog } from "../ports/ports.ts";
import { accessTokens } from "./access-tokens.ts";
import { clock } from "./clock.ts";
import { createDynamoStore } from "./dynamodb-store.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { createRandom } from "./random.ts";
import { createSqsCommandQueue } from "./sqs-command-queue.ts";

type Ports = ExchangePorts & { readonly log: RequestLog; readonly accessTokens: AccessTokens };

/** The real effects of the functions, from the environment that `serverless.yml` gives them; made once per instance. */
export const ports: Ports = {
  catalogue: readCatalogue(definitions),
  store: createDynamoStore({
    tablePrefix: required("TABLE_PREFIX"),
    ...endpoint("DYNAMODB_ENDPOINT"),
  }),
  queue: createSqsCommandQueue({
    queuePrefix: required("QUEUE_PREFIX"),
    baseUrl: required("QUEUE_BASE_URL"),
    ...endpoint("SQS_ENDPOINT"),
  }),
  clock,
  random: createRandom(),
  log: createLog(),
  metrics: createMetrics(),
  accessTokens,
};

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the environment lacks ${name}`);
  return value;
}

/** Set for the local engines only. */
function endpoint(name: string): { readonly endpoint?: string } {
  const value = process.env[name];
  return value === undefined || value === "" ? {} : { endpoint: value };
}
