import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from "@aws-sdk/client-sqs";
import { type Configuration, type JsonObject, objectFrom, textFrom } from "./configuration.ts";

/** The local engines ask for no credentials, but the SDK does. */
export const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

const READY_WITHIN_S = 30;

export type Engine = { readonly endpoint: string; readonly region: string };

/** Creates the tables of resources/tables.yml that are not there yet, with indexes, stream and time to live. Returns the names of the new ones. */
export async function createTables(configuration: Configuration, engine: Engine): Promise<readonly string[]> {
  const client = new DynamoDBClient({ ...engine, credentials: LOCAL_CREDENTIALS });
  return await createAll("AWS::DynamoDB::Table", { configuration, client }, (table) =>
    createTable(client, table),
  );
}

/** Creates the queues under resources/ that are not there yet. Returns the names of the new ones. */
export async function createQueues(configuration: Configuration, engine: Engine): Promise<readonly string[]> {
  const client = new SQSClient({ ...engine, credentials: LOCAL_CREDENTIALS });
  return await createAll("AWS::SQS::Queue", { configuration, client }, (queue) => createQueue(client, queue));
}

type Context = { readonly configuration: Configuration; readonly client: { destroy(): void } };

async function createAll(
  type: string,
  { configuration, client }: Context,
  create: (properties: JsonObject) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const wanted = Object.values(configuration.resources).filter((resource) => resource.Type === type);
  try {
    return (await Promise.all(wanted.map(({ Properties }) => create(objectFrom(Properties))))).flat();
  } finally {
    client.destroy();
  }
}

async function createTable(client: DynamoDBClient, properties: JsonObject): Promise<readonly string[]> {
  const {
    TimeToLiveSpecification: timeToLive,
    StreamSpecification: stream,
    // What the local engines have no use for.
    PointInTimeRecoverySpecification: _recovery,
    SSESpecification: _encryption,
    DeletionProtectionEnabled: _protection,
    ...table
  } = properties;
  const input = {
    ...table,
    ...(stream === undefined ? {} : { StreamSpecification: { StreamEnabled: true, ...objectFrom(stream) } }),
  } as unknown as CreateTableCommandInput;
  const TableName = textFrom(properties.TableName);
  try {
    await client.send(new CreateTableCommand(input));
  } catch (cause) {
    if (cause instanceof ResourceInUseException) return [];
    throw cause;
  }
  const patience = { client, minDelay: 0.02, maxDelay: 0.1, maxWaitTime: READY_WITHIN_S };
  await waitUntilTableExists(patience, { TableName });
  if (timeToLive !== undefined) {
    const { AttributeName, Enabled } = objectFrom(timeToLive);
    const TimeToLiveSpecification = { AttributeName: textFrom(AttributeName), Enabled: Enabled === true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  return [TableName];
}

async function createQueue(
  client: SQSClient,
  { QueueName: name, ...attributes }: JsonObject,
): Promise<readonly string[]> {
  const QueueName = textFrom(name);
  try {
    await client.send(new GetQueueUrlCommand({ QueueName }));
    return [];
  } catch (cause) {
    if (!(cause instanceof QueueDoesNotExist)) throw cause;
  }
  const texts = Object.entries(attributes).map(([key, value]) => [key, String(value)]);
  await client.send(new CreateQueueCommand({ QueueName, Attributes: Object.fromEntries(texts) }));
  return [QueueName];
}
