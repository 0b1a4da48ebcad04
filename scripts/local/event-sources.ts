/**
 * Lambda's event source mappings for the local stack: hands the markets' queues and the journal's stream to their functions, as the files
 * under resources/ say. `node event-sources.ts [--checkpoint FILE]`; endpoints come from the environment.
 */
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { openCheckpoint } from "./checkpoint.ts";
import { type Json, listFrom, loadConfiguration, objectFrom, resourceOf, textFrom } from "./configuration.ts";
import { createInvoke } from "./invoke.ts";
import { LOCAL_CREDENTIALS } from "./provision.ts";
import { runQueueSource } from "./queue-source.ts";
import { LOCAL_STAGE } from "./settings.ts";
import { runStreamSource } from "./stream-source.ts";

const { values } = parseArgs({ options: { checkpoint: { type: "string" } } });
const region = needed("AWS_REGION");
const configuration = loadConfiguration(LOCAL_STAGE);
const abort = new AbortController();
for (const wish of ["SIGTERM", "SIGINT", "disconnect"]) process.once(wish, () => abort.abort());

const client = (endpoint: string) => ({ endpoint: needed(endpoint), region, credentials: LOCAL_CREDENTIALS });
const sqs = new SQSClient(client("SQS_ENDPOINT"));
const queuePorts = {
  invoke: createInvoke(client("LAMBDA_ENDPOINT")),
  region,
  stop: abort.signal,
  report,
  sqs,
};
const streamPorts = {
  ...queuePorts,
  dynamodb: new DynamoDBClient(client("DYNAMODB_ENDPOINT")),
  streams: new DynamoDBStreamsClient(client("DYNAMODB_ENDPOINT")),
  checkpoint: openCheckpoint(values.checkpoint),
};

const sources = Object.values(configuration.functions).flatMap(({ events, ...definition }) =>
  events.map((event) => ({ event, ...definition })),
);
const queues = sources.flatMap(({ name, event, reservedConcurrency = Infinity }) => {
  if (event.sqs === undefined) return [];
  const { arn, batchSize, maximumConcurrency } = objectFrom(event.sqs);
  const source = {
    queueUrl: queueUrlOf(arn),
    functionName: name,
    batchSize: Number(batchSize),
    concurrency: Math.min(Number(maximumConcurrency ?? 2), reservedConcurrency),
  };
  return [runQueueSource(source, queuePorts)];
});
const streams = sources.flatMap(({ name, event }) => {
  if (event.stream === undefined) return [];
  const stream = objectFrom(event.stream);
  const QueueUrl = queueUrlOf(objectFrom(objectFrom(stream.destinations).onFailure).arn);
  const source = {
    tableName: textFrom(resourceOf(stream.arn, configuration)?.Properties.TableName),
    functionName: name,
    batchSize: Number(stream.batchSize),
    retries: Number(stream.maximumRetryAttempts),
    bisect: stream.bisectBatchOnFunctionError === true,
    filters: listFrom(stream.filterPatterns ?? []).map(objectFrom),
  };
  const giveUp = async (records: readonly object[]): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(records) }));
  };
  return [runStreamSource(source, { ...streamPorts, giveUp })];
});
console.log(`event sources: ${queues.length} queues, ${streams.length} stream`);
await Promise.all([...queues, ...streams]);
process.exit(0);

function queueUrlOf(arn: Json | undefined): string {
  return `${needed("QUEUE_BASE_URL")}/${textFrom(resourceOf(arn, configuration)?.Properties.QueueName)}`;
}

function needed(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === "") throw new Error(`${variable} is not set; npm start sets it`);
  return value;
}

function report(event: string, cause: unknown): void {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  console.log(JSON.stringify({ level: "WARN", timestamp: new Date().toISOString(), event, cause: text }));
}
