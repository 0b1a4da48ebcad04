import definitions from "../../resources/markets.json" with { type: "json" };
import { readCatalogue } from "../market/market.ts";
import type { ExchangePorts, RequestLog } from "../ports/ports.ts";
import { clock } from "./clock.ts";
import { createDynamoStore, type DynamoStoreOptions } from "./dynamodb-store.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { createRandom } from "./random.ts";
import { createSqsCommandQueue, type SqsQueueOptions } from "./sqs-command-queue.ts";

/** What the calls to the outside of a function may take, where that is not as usual. */
export type Impatience = {
  readonly store?: Pick<DynamoStoreOptions, "patience">;
  readonly queue?: Pick<SqsQueueOptions, "patience">;
};

/** The real effects of a function, from the environment that `serverless.yml` gives it; made once per instance. */
export function createPorts({ store, queue }: Impatience = {}): ExchangePorts & { readonly log: RequestLog } {
  return {
    catalogue: readCatalogue(definitions),
    store: createDynamoStore({
      tablePrefix: required("TABLE_PREFIX"),
      ...endpoint("DYNAMODB_ENDPOINT"),
      ...store,
    }),
    queue: createSqsCommandQueue({
      queuePrefix: required("QUEUE_PREFIX"),
      baseUrl: required("QUEUE_BASE_URL"),
      ...endpoint("SQS_ENDPOINT"),
      ...queue,
    }),
    clock,
    random: createRandom(),
    log: createLog(),
    metrics: createMetrics(),
  };
}

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
