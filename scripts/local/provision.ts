import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Configuration, type JsonObject, objectFrom, textFrom } from "./configuration.ts";

/** The local engines ask for no credentials, but the SDK does. */
export const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

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
  let last: string | undefined;
  do {
    const page = await client.send(
      new ListTablesCommand(last === undefined ? {} : { ExclusiveStartTableName: last }),
    );
    for (const name of page.TableNames ?? []) names.add(name);
    last = page.LastEvaluatedTableName;
  } while (last !== undefined);
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
  await untilActive(client, TableName);
  if (timeToLive !== undefined) {
    const { AttributeName, Enabled } = objectFrom(timeToLive);
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName: textFrom(AttributeName), Enabled: Enabled === true },
      }),
    );
  }
  return TableName;
}

async function untilActive(client: DynamoDBClient, TableName: string): Promise<void> {
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (Table?.TableStatus === "ACTIVE") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
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
        const Attributes = Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, String(value)]),
        );
        await client.send(new CreateQueueCommand({ QueueName: textFrom(QueueName), Attributes }));
        return textFrom(QueueName);
      }),
    );
  } finally {
    client.destroy();
  }
}

async function queueNames(client: SQSClient, prefix: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListQueuesCommand({
        QueueNamePrefix: prefix,
        MaxResults: 1000,
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    for (const url of page.QueueUrls ?? []) names.add(url.slice(url.lastIndexOf("/") + 1));
    next = page.NextToken;
  } while (next !== undefined);
  return names;
}
