import { describe, expect, it } from "vitest";
import { loadConfiguration } from "../../../scripts/local/configuration.ts";
import { askedBy } from "../../support/aws-calls/actions.ts";
import { allows, grantsOf } from "../../support/aws-calls/grants.ts";

const dynamodb = (operation: string, body: unknown) =>
  askedBy({ target: `DynamoDB_20120810.${operation}`, body });
const key = { pk: { S: "BTC-USDT" } };

describe("rights > what a call asks for", () => {
  it("is the action on a table, or on the index that it names", () => {
    expect(dynamodb("GetItem", { TableName: "t", Key: key })).toMatchObject([
      { action: "dynamodb:GetItem", resource: "table/t" },
    ]);
    expect(dynamodb("Query", { TableName: "t", IndexName: "i" })).toMatchObject([
      { action: "dynamodb:Query", resource: "table/t/index/i" },
    ]);
  });

  it("is, of a transaction, that of each write inside it", () => {
    const TransactItems = [
      { Put: { TableName: "a", Item: key } },
      { Update: { TableName: "b", Key: key } },
      { Delete: { TableName: "c", Key: key } },
      { ConditionCheck: { TableName: "d", Key: key } },
    ];
    expect(
      dynamodb("TransactWriteItems", { TransactItems }).map(
        ({ action, resource }) => `${action} ${resource}`,
      ),
    ).toEqual([
      "dynamodb:PutItem table/a",
      "dynamodb:UpdateItem table/b",
      "dynamodb:DeleteItem table/c",
      "dynamodb:ConditionCheckItem table/d",
    ]);
  });

  it("is, of a batch, the batch's own on each table, or the single one on a queue", () => {
    const RequestItems = { a: { Keys: [key] }, b: [{ PutRequest: { Item: key } }] };
    expect(dynamodb("BatchWriteItem", { RequestItems })).toEqual([
      { action: "dynamodb:BatchWriteItem", resource: "table/a", leadingKeys: [] },
      { action: "dynamodb:BatchWriteItem", resource: "table/b", leadingKeys: ["BTC-USDT"] },
    ]);
    const QueueUrl = "http://engine/000000000000/x-BTC-USDT.fifo";
    expect(askedBy({ target: "AmazonSQS.ChangeMessageVisibilityBatch", body: { QueueUrl } })).toMatchObject([
      { action: "sqs:ChangeMessageVisibility", resource: "x-BTC-USDT.fifo" },
    ]);
  });
});

describe("rights > what a role grants", () => {
  const grants = grantsOf("MatcherRole", loadConfiguration("dev"));
  const isAllowed = (action: string, resource: string, ...leadingKeys: string[]) =>
    grants.some((grant) => allows(grant, { action, resource, leadingKeys }));

  it("is refused where the action, the resource or the partition differs", () => {
    expect(isAllowed("dynamodb:PutItem", "table/cex-pilot-dev-journal", "BTC-USDT")).toBe(true);
    expect(isAllowed("dynamodb:DeleteItem", "table/cex-pilot-dev-journal", "BTC-USDT")).toBe(false);
    expect(isAllowed("dynamodb:PutItem", "table/cex-pilot-dev-users")).toBe(false);
    const batch = "dynamodb:BatchWriteItem";
    expect(isAllowed(batch, "table/cex-pilot-dev-journal", "BTC-USDT#SNAPSHOT#1#0")).toBe(true);
    expect(isAllowed(batch, "table/cex-pilot-dev-journal", "BTC-USDT")).toBe(false);
  });
});
