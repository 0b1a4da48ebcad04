import { type ConsumedCapacity, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import {
  type Item,
  type Outcome,
  type Page,
  type Place,
  type Query,
  type Store,
  StoreUnavailable,
  type Write,
} from "../store/store.ts";
import type { TableName } from "../store/tables.ts";
import { TABLES } from "../store/tables.ts";
import { faultOf, outcomeOf, WHOLE_NUMBERS } from "./dynamodb-faults.ts";
import { expressionOf } from "./expressions.ts";

/** Told of every call and of what it consumed; for benchmarks. */
export type Meter = (call: {
  readonly operation: string;
  readonly capacity: readonly ConsumedCapacity[];
}) => void;

/** How long a call may take: `requestTimeoutMs` for each of the requests that it makes one after the other. */
export type Patience = {
  readonly requestTimeoutMs: number;
  /** How often a request that fails or is throttled is made. */
  readonly attempts: number;
  /** How often what DynamoDB left unprocessed of a batch is asked for. */
  readonly batchAttempts: number;
};

export type DynamoStoreOptions = {
  /** Tables are named `${tablePrefix}-${table}`. */
  readonly tablePrefix: string;
  /** The local engine's; absent on AWS. */
  readonly endpoint?: string;
  readonly meter?: Meter;
  readonly patience?: Patience;
};

const BATCH_PUTS = 25;
const PATIENT: Patience = { requestTimeoutMs: 3_000, attempts: 3, batchAttempts: 8 };
const BATCH_PAUSE_MS = 20;

/** The store on DynamoDB. Reads that fail, and writes of which nobody knows, throw `StoreUnavailable`. */
export function createDynamoStore({
  tablePrefix,
  endpoint,
  meter,
  patience: { requestTimeoutMs, attempts, batchAttempts } = PATIENT,
}: DynamoStoreOptions): Store {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: attempts,
      requestHandler: {
        connectionTimeout: Math.min(1_000, requestTimeoutMs),
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
    }),
    // A copy: the client writes into the options that it is given.
    { unmarshallOptions: { ...WHOLE_NUMBERS } },
  );
  const nameOf = (table: TableName): string => `${tablePrefix}-${table}`;
  const tableOf = (name: string): TableName => name.slice(tablePrefix.length + 1) as TableName;
  const metered = meter === undefined ? {} : ({ ReturnConsumedCapacity: "INDEXES" } as const);

  function note(
    operation: string,
    capacity: ConsumedCapacity | readonly ConsumedCapacity[] | undefined,
  ): void {
    if (meter === undefined || capacity === undefined) return;
    meter({ operation, capacity: Array.isArray(capacity) ? capacity : [capacity as ConsumedCapacity] });
  }

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (thrown) {
      throw faultOf(thrown);
    }
  }

  async function attemptWrite(slots: number, call: () => Promise<void>): Promise<Outcome> {
    try {
      await call();
      return { ok: true };
    } catch (thrown) {
      const outcome = outcomeOf(thrown, slots);
      if (outcome === undefined) throw faultOf(thrown);
      return outcome;
    }
  }

  return {
    get: ({ table, key }) =>
      attempt(async () => {
        const answer = await client.send(
          new GetCommand({ TableName: nameOf(table), Key: key, ConsistentRead: true, ...metered }),
        );
        note("GetItem", answer.ConsumedCapacity);
        return answer.Item as Item | undefined;
      }),

    getMany: (places) =>
      attempt(async () => {
        const found = new Map<string, Item>();
        let keys = keysByTable(places, nameOf);
        for (let tries = 0; Object.keys(keys).length > 0; tries++) {
          if (tries === batchAttempts) throw new StoreUnavailable("the store leaves keys unprocessed");
          if (tries > 0) await pause(BATCH_PAUSE_MS * 2 ** tries);
          const answer = await client.send(new BatchGetCommand({ RequestItems: keys, ...metered }));
          note("BatchGetItem", answer.ConsumedCapacity);
          for (const [name, items] of Object.entries(answer.Responses ?? {})) {
            for (const item of items) found.set(`${tableOf(name)} ${item.pk} ${item.sk}`, item as Item);
          }
          keys = (answer.UnprocessedKeys ?? {}) as ReturnType<typeof keysByTable>;
        }
        return places.map(({ table, key }) => found.get(`${table} ${key.pk} ${key.sk}`));
      }),

    query: (query) =>
      attempt(async () => {
        const answer = await client.send(
          new QueryCommand({ ...queryInput(query, nameOf(query.table)), ...metered }),
        );
        note("Query", answer.ConsumedCapacity);
        return page(answer);
      }),

    scan: (scan) =>
      attempt(async () => {
        const answer = await client.send(
          new ScanCommand({
            TableName: nameOf(scan.table),
            ...(scan.index === undefined ? {} : { IndexName: scan.index }),
            ...(scan.limit === undefined ? {} : { Limit: scan.limit }),
            ...(scan.after === undefined ? {} : { ExclusiveStartKey: scan.after }),
            ConsistentRead: scan.consistent ?? false,
            ...metered,
          }),
        );
        note("Scan", answer.ConsumedCapacity);
        return page(answer);
      }),

    write: (write) =>
      attemptWrite(1, async () => {
        const input = {
          ...writeInput(write, nameOf(write.table)),
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          ...metered,
        } as const;
        if (write.kind === "put")
          note(
            "PutItem",
            (await client.send(new PutCommand({ ...input, Item: write.item }))).ConsumedCapacity,
          );
        else if (write.kind === "update")
          note(
            "UpdateItem",
            (await client.send(new UpdateCommand({ ...input, Key: write.key }))).ConsumedCapacity,
          );
        else if (write.kind === "delete")
          note(
            "DeleteItem",
            (await client.send(new DeleteCommand({ ...input, Key: write.key }))).ConsumedCapacity,
          );
        else throw new Error("a check alone writes nothing");
      }),

    transact: (writes) =>
      attemptWrite(writes.length, async () => {
        const answer = await client.send(
          new TransactWriteCommand({
            TransactItems: writes.map((write) => transactItem(write, nameOf(write.table))),
            ...metered,
          }),
        );
        note("TransactWriteItems", answer.ConsumedCapacity);
      }),

    putMany: (puts) =>
      attempt(async () => {
        for (let start = 0; start < puts.length; start += BATCH_PUTS) {
          let requests: Record<string, { PutRequest: { Item: Record<string, unknown> } }[]> = {};
          for (const { table, item } of puts.slice(start, start + BATCH_PUTS)) {
            const name = nameOf(table);
            requests[name] = [...(requests[name] ?? []), { PutRequest: { Item: item } }];
          }
          for (let tries = 0; Object.keys(requests).length > 0; tries++) {
            if (tries === batchAttempts) throw new StoreUnavailable("the store leaves items unprocessed");
            if (tries > 0) await pause(BATCH_PAUSE_MS * 2 ** tries);
            const answer = await client.send(new BatchWriteCommand({ RequestItems: requests, ...metered }));
            note("BatchWriteItem", answer.ConsumedCapacity);
            requests = (answer.UnprocessedItems ?? {}) as typeof requests;
          }
        }
      }),
  };
}

function keysByTable(places: readonly Place[], nameOf: (table: TableName) => string) {
  const keys: Record<string, { Keys: Record<string, string>[]; ConsistentRead: true }> = {};
  const seen = new Set<string>();
  for (const { table, key } of places) {
    const id = `${table} ${key.pk} ${key.sk}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const name = nameOf(table);
    keys[name] ??= { Keys: [], ConsistentRead: true };
    keys[name].Keys.push({ pk: key.pk, sk: key.sk });
  }
  return keys;
}

function queryInput(query: Query, tableName: string) {
  const indexes = TABLES[query.table].indexes as {
    readonly [index: string]: { readonly pk: string; readonly sk: string };
  };
  const keys = query.index === undefined ? { pk: "pk", sk: "sk" } : indexes[query.index];
  if (keys === undefined) throw new Error(`table ${query.table} has no index ${query.index}`);
  const { from, to } = query;
  const range =
    from !== undefined && to !== undefined
      ? " AND #sk BETWEEN :from AND :to"
      : from !== undefined
        ? " AND #sk >= :from"
        : to !== undefined
          ? " AND #sk <= :to"
          : "";
  return {
    TableName: tableName,
    ...(query.index === undefined ? {} : { IndexName: query.index }),
    KeyConditionExpression: `#pk = :pk${range}`,
    ExpressionAttributeNames: { "#pk": keys.pk, ...(range === "" ? {} : { "#sk": keys.sk }) },
    ExpressionAttributeValues: {
      ":pk": query.pk,
      ...(from === undefined ? {} : { ":from": from }),
      ...(to === undefined ? {} : { ":to": to }),
    },
    ScanIndexForward: query.order !== "descending",
    ...(query.limit === undefined ? {} : { Limit: query.limit }),
    ...(query.after === undefined ? {} : { ExclusiveStartKey: query.after }),
    ConsistentRead: query.consistent ?? false,
  };
}

function page(answer: {
  Items?: Record<string, unknown>[] | undefined;
  LastEvaluatedKey?: Record<string, unknown> | undefined;
}): Page {
  const items = (answer.Items ?? []) as Item[];
  return answer.LastEvaluatedKey === undefined ? { items } : { items, next: answer.LastEvaluatedKey as Item };
}

/** The expressions of a write; DynamoDB refuses empty ones. */
function writeInput(write: Write, tableName: string) {
  const { names, values, condition, update } = expressionOf(write);
  return {
    TableName: tableName,
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ...(update === undefined ? {} : { UpdateExpression: update }),
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}

function transactItem(
  write: Write,
  tableName: string,
): NonNullable<TransactWriteCommandInput["TransactItems"]>[number] {
  const input = { ...writeInput(write, tableName), ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
  switch (write.kind) {
    case "put":
      return { Put: { ...input, Item: write.item } };
    case "update":
      return { Update: { ...input, Key: write.key, UpdateExpression: input.UpdateExpression ?? "" } };
    case "delete":
      return { Delete: { ...input, Key: write.key } };
    case "check":
      return {
        ConditionCheck: { ...input, Key: write.key, ConditionExpression: input.ConditionExpression ?? "" },
      };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
