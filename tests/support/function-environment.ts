import type { Dynoxide } from "../../scripts/local/engines.ts";
import { tokenKeys } from "./auth-ports.ts";

/** The environment that functions are deployed with, before they are loaded: tables of a real engine, and queues that nobody answers for. */
export function setFunctionEnvironment(dynoxide: Dynoxide): void {
  Object.assign(process.env, {
    AWS_REGION: dynoxide.region,
    AWS_ACCESS_KEY_ID: dynoxide.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynoxide.credentials.secretAccessKey,
    DYNAMODB_ENDPOINT: dynoxide.endpoint,
    TABLE_PREFIX: dynoxide.tablePrefix,
    QUEUE_PREFIX: dynoxide.tablePrefix,
    SQS_ENDPOINT: "http://127.0.0.1:9",
    QUEUE_BASE_URL: "http://127.0.0.1:9/000000000000",
    ...tokenKeys().environment,
    LOG_LEVEL: "SILENT",
    POWERTOOLS_METRICS_DISABLED: "true",
  });
}
