/**
 * Lambda's event source mappings for the local stack: hands the markets' queues and the journal's stream to their functions, as the files
 * under resources/ say. `node event-sources.ts [--checkpoint FILE]`; endpoints come from the environment.
 */
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { openCheckpoint } from "./checkpoint.ts";
import {
  type Configuration,
  type Json,
  type JsonObject,
  listFrom,
  loadConfiguration,
  objectFrom,
  textFrom,
} from "./configuration.ts";
import { createInvoke } from "./invoke.ts";
import { LOCAL_CREDENTIALS } from "./provision.ts";
import { type QueueSource, runQueueSource } from "./queue-source.ts";
import { LOCAL_STAGE } from "./settings.ts";
import { runStreamSource, type StreamSource } from "./stream-source.ts";

const { values } = parseArgs({ options: { checkpoint: { type: "string" } } });
const region = needed("AWS_REGION");
const queueBaseUrl = needed("QUEUE_BASE_URL");
const configuration = loadConfiguration(LOCAL_STAGE);
const checkpoint = openCheckpoint(values.checkpoint);
const abort = new AbortController();

const client = (endpoint: string) => ({ endpoint: needed(endpoint), region, credentials: LOCAL_CREDENTIALS });
const sqs = new SQSClient(client("SQS_ENDPOINT"));
const invoke = createInvoke(client("LAMBDA_ENDPOINT"));
const common = { invoke, region, stop: abort.signal, report };

process.once("SIGTERM", () => abort.abort());
process.once("SIGINT", () => abort.abort());
process.once("disconnect", () => abort.abort());

const queues = queueSources(configuration).map((source) => runQueueSource(source, { ...common, sqs }));
const streams = streamSources(configuration).map(({ source, failureQueueUrl }) =>
  runStreamSource(source, {
    ...common,
    dynamodb: new DynamoDBClient(client("DYNAMODB_ENDPOINT")),
    streams: new DynamoDBStreamsClient(client("DYNAMODB_ENDPOINT")),
    checkpoint,
    giveUp: async (records) => {
      await sqs.send(
        new SendMessageCommand({ QueueUrl: failureQueueUrl, MessageBody: JSON.stringify(records) }),
      );
    },
  }),
);
console.log(`event sources: ${queues.length} queues, ${streams.length} stream`);
await Promise.all([...queues, ...streams]);
checkpoint.flush();
process.exit(0);

function queueSources({ functions, resources }: Configuration): readonly QueueSource[] {
  return Object.values(functions).flatMap(({ name, events, reservedConcurrency = Infinity }) =>
    events
      .filter((event) => event.sqs !== undefined)
      .map((event) => {
        const { arn, batchSize, maximumConcurrency } = objectFrom(event.sqs);
        const queue = resources[attributeOwner(arn)];
        return {
          queueUrl: `${queueBaseUrl}/${textFrom(queue?.Properties.QueueName)}`,
          functionName: name,
          batchSize: Number(batchSize),
          concurrency: Math.min(Number(maximumConcurrency ?? 2), reservedConcurrency),
        };
      }),
  );
}

function streamSources({
  functions,
  resources,
}: Configuration): readonly { readonly source: StreamSource; readonly failureQueueUrl: string }[] {
  return Object.values(functions).flatMap(({ name, events }) =>
    events
      .filter((event) => event.stream !== undefined)
      .map((event) => {
        const stream: JsonObject = objectFrom(event.stream);
        const { onFailure } = objectFrom(stream.destinations);
        const failureQueue = resources[attributeOwner(objectFrom(onFailure).arn)];
        return {
          source: {
            tableName: textFrom(resources[attributeOwner(stream.arn)]?.Properties.TableName),
            functionName: name,
            batchSize: Number(stream.batchSize),
            retries: Number(stream.maximumRetryAttempts),
            bisect: stream.bisectBatchOnFunctionError === true,
            filters: listFrom(stream.filterPatterns ?? []).map(objectFrom),
          },
          failureQueueUrl: `${queueBaseUrl}/${textFrom(failureQueue?.Properties.QueueName)}`,
        };
      }),
  );
}

/** The logical id in a reference to a resource's attribute. */
function attributeOwner(reference: Json | undefined): string {
  return textFrom(listFrom(objectFrom(reference)["Fn::GetAtt"])[0]);
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
