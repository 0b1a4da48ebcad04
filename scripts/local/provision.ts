import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  paginateListTables,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, paginateListQueues, SQSClient } from "@aws-sdk/client-sqs";
import { type Configuration, type JsonObject, objectFrom, textFrom } from "./configuration.ts";

/** The local engines ask for no credentials, but the SDK does. */
export const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

const READY_WITHIN_S = 30;

export type Engine = { readonly endpoint: string; readonly region: string };

function propertiesOf(configuration: Configuration, type: string): readonly JsonObject[] {
  return Object.values(configuration.resources)
    .filter((resource) => resource.Type === type)
    .map((resource) => objectFrom(resource.Properties));
}

/** Creates the tables of resources/tables.yml that are not there yet, with indexes, stream and time to live. Returns the names of the new ones. */
export async function createTables(configuration: Configuration, engine: Engine): Promise<readonly string[]> {
  const client = new DynamoDBClient({ ...engine, credentials: LOCAL_CREDENTIALS });
  try {
    const existing = await tableNames(client);
    const missing = propertiesOf(configuration, "AWS::DynamoDB::Table").filter(
      (table) => !existing.has(textFrom(table.TableName)),
    );
    return await Promise.all(missing.map((table) => createTable(client, table)));
  } finally {
    client.destroy();
  }
}

async function tableNames(client: DynamoDBClient): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { TableNames = [] } of paginateListTables({ client }, {}))
    for (const name of TableNames) names.add(name);
  return names;
}

async function createTable(client: DynamoDBClient, properties: JsonObject): Promise<string> {
  const {
    TimeToLiveSpecification: timeToLive,
    StreamSpecification: stream,
    // What the local engines have no use for.
    PointInTimeRecoverySpecification: _recovery,
    SSESpecification: _encryption,
    ...table
  } = properties;
  const input = {
    ...table,
    ...(stream === undefined ? {} : { StreamSpecification: { StreamEnabled: true, ...objectFrom(stream) } }),
  } as unknown as CreateTableCommandInput;
  const TableName = textFrom(properties.TableName);
  await client.send(new CreateTableCommand(input));
  await waitUntilTableExists(
    { client, minDelay: 0.02, maxDelay: 0.1, maxWaitTime: READY_WITHIN_S },
    { TableName },
  );
  if (timeToLive !== undefined) {
    const { AttributeName, Enabled } = objectFrom(timeToLive);
    const TimeToLiveSpecification = { AttributeName: textFrom(AttributeName), Enabled: Enabled === true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  return TableName;
}

/** Creates the queues under resources/ that are not there yet. Returns the names of the new ones. */
export async function createQueues(configuration: Configuration, engine: Engine): Promise<readonly string[]> {
  const client = new SQSClient({ ...engine, credentials: LOCAL_CREDENTIALS });
  try {
    const existing = await queueNames(client, configuration.prefix);
    const missing = propertiesOf(configuration, "AWS::SQS::Queue").filter(
      (queue) => !existing.has(textFrom(queue.QueueName)),
    );
    return await Promise.all(
      missing.map(async ({ QueueName, ...attributes }) => {
        const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
        const Attributes = Object.fromEntries(texts);
        await client.send(new CreateQueueCommand({ QueueName: textFrom(QueueName), Attributes }));
        return textFrom(QueueName);
      }),
    );
  } finally {
    client.destroy();
  }
}

async function queueNames(client: SQSClient, QueueNamePrefix: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { QueueUrls = [] } of paginateListQueues(
    { client },
    { QueueNamePrefix, MaxResults: 1000 },
  ))
    for (const url of QueueUrls) names.add(url.slice(url.lastIndexOf("/") + 1));
  return names;
}
