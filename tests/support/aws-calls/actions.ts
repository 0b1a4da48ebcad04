import type { RecordedCall } from "./record.ts";

/** What IAM is asked for: an action on a table, an index or a queue, and of a write the partitions that it is about. */
export type Asked = {
  readonly action: string;
  readonly resource: string;
  readonly leadingKeys: readonly string[];
};

type Target = { readonly TableName: string; readonly IndexName?: string };
type Keyed = { readonly pk?: { readonly S?: string } };
type Write = Target & { readonly Item?: Keyed; readonly Key?: Keyed };
type Body = Write & {
  readonly RequestItems?: { readonly [table: string]: unknown };
  readonly TransactItems?: readonly { readonly [kind: string]: Write }[];
  readonly QueueUrl?: string;
};

const OF_A_TRANSACTION: { readonly [kind: string]: string } = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
};

/** The batch calls of SQS ask for the right to the single one. */
const OF_A_BATCH: { readonly [operation: string]: string } = {
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
  DeleteMessageBatch: "DeleteMessage",
  SendMessageBatch: "SendMessage",
};

/** The rights that a call needs; a transaction needs those of the writes inside it. */
export function askedBy({ target, body }: Pick<RecordedCall, "target" | "body">): readonly Asked[] {
  const [service, operation = ""] = target.split(".");
  const call = body as Body;
  if (service === "AmazonSQS") {
    const queue = call.QueueUrl?.slice(call.QueueUrl.lastIndexOf("/") + 1) ?? "";
    return [{ action: `sqs:${OF_A_BATCH[operation] ?? operation}`, resource: queue, leadingKeys: [] }];
  }
  if (call.TransactItems !== undefined)
    return call.TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, write]) => onTable(OF_A_TRANSACTION[kind] ?? kind, write)),
    );
  if (call.RequestItems !== undefined)
    return Object.entries(call.RequestItems).map(([TableName, requests]) => ({
      ...onTable(operation, { TableName }),
      leadingKeys: partitionsOf(requests),
    }));
  return [onTable(operation, call)];
}

function onTable(operation: string, { TableName, IndexName, Item, Key }: Write): Asked {
  const resource = `table/${TableName}${IndexName === undefined ? "" : `/index/${IndexName}`}`;
  const partition = (Item ?? Key)?.pk?.S;
  return {
    action: `dynamodb:${operation}`,
    resource,
    leadingKeys: partition === undefined ? [] : [partition],
  };
}

function partitionsOf(requests: unknown): readonly string[] {
  const puts = Array.isArray(requests) ? (requests as { PutRequest?: { Item: Keyed } }[]) : [];
  return puts.flatMap(({ PutRequest }) => PutRequest?.Item.pk?.S ?? []);
}
