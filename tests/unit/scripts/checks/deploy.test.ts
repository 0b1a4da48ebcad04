import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { describe, expect, it } from "vitest";
import { definitionFaults } from "../../../../scripts/checks/deploy/definitions.ts";
import { marginsOf, tooNear } from "../../../../scripts/checks/deploy/limits.ts";
import type { Template } from "../../../../scripts/checks/deploy/template.ts";

const database = loadAwsServiceSpecSync();
const faultsOf = (Type: string, Properties: Record<string, unknown>): readonly string[] =>
  definitionFaults({ Resources: { It: { Type, Properties } } }, database);

const TABLE = { KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }] };
const table = (more: Record<string, unknown>) => faultsOf("AWS::DynamoDB::Table", { ...TABLE, ...more });

describe("check:deploy > a template is compared with AWS's own definitions", () => {
  it("finds nothing in what is right", () => {
    expect(
      table({ TableName: "t", DeletionProtectionEnabled: true, BillingMode: "PAY_PER_REQUEST" }),
    ).toEqual([]);
    expect(table({ DeletionProtectionEnabled: "false", Tags: [{ Key: "a", Value: "b" }] })).toEqual([]);
    expect(table({ TableName: { Ref: "AWS::StackName" } })).toEqual([]);
  });

  it.each([
    ["a type that there is not", () => faultsOf("AWS::DynamoDB::Tabel", {}), "no resource type"],
    [
      "a property that there is not",
      () => table({ DeletionProtection: true }),
      "no property DeletionProtection",
    ],
    [
      "one deeper inside",
      () => table({ TimeToLiveSpecification: { Attribute: "x", Enabled: true } }),
      "no property Attribute",
    ],
    ["one that is missing", () => faultsOf("AWS::DynamoDB::Table", {}), "lacks KeySchema"],
    ["one that is missing in a list", () => table({ KeySchema: [{ AttributeName: "pk" }] }), "lacks KeyType"],
    ["text where a boolean is to be", () => table({ DeletionProtectionEnabled: "yes" }), "to be a boolean"],
    [
      "text where a number is to be",
      () => faultsOf("AWS::SQS::Queue", { VisibilityTimeout: "ten" }),
      "to be a integer",
    ],
    ["an object where a list is to be", () => table({ AttributeDefinitions: {} }), "to be a list"],
    ["a reference to nothing", () => table({ TableName: { Ref: "Nothing" } }), "refers to Nothing"],
    [
      "an attribute that there is not",
      () => table({ TableName: { "Fn::GetAtt": ["It", "Name"] } }),
      "It.Name",
    ],
  ])("finds %s", (_, faults, word) => {
    const [first, ...more] = faults();
    expect(first).toContain(word);
    expect(more).toEqual([]);
  });
});

const packaged = (template: Partial<Template>, more = {}) =>
  marginsOf({ template: { Resources: {}, ...template }, bytes: 10, zips: [], ...more });
const many = (count: number, Type: string, Properties = {}) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, { Type, Properties }]));
const references = { Ref: Array.from({ length: 60 }, () => "{{resolve:ssm:x}}") };

describe("check:deploy > every limit can be too near", () => {
  it("none is for an empty stack", () => {
    expect(tooNear(packaged({}), 0.1)).toEqual([]);
  });

  it.each([
    ["resources", packaged({ Resources: many(460, "AWS::SNS::Topic") })],
    ["dynamic references", packaged({ Parameters: references })],
    ["outputs", packaged({ Outputs: many(190, "") })],
    ["parameters", packaged({ Parameters: many(190, "") })],
    ["template, bytes", packaged({}, { bytes: 950_000 })],
    [
      "function environment, bytes",
      packaged({
        Resources: many(1, "AWS::Lambda::Function", { Environment: { Variables: { A: "x".repeat(4_000) } } }),
      }),
    ],
    ["bundle, zipped bytes", packaged({}, { zips: [{ name: "a.zip", bytes: 600_000 }] })],
    [
      "reserved concurrency",
      packaged({ Resources: many(5, "AWS::Lambda::Function", { ReservedConcurrentExecutions: 95 }) }),
    ],
    ["HTTP API routes", packaged({ Resources: many(280, "AWS::ApiGatewayV2::Route") })],
    [
      "role's policies, bytes",
      packaged({ Resources: many(1, "AWS::IAM::Role", { Policies: ["x".repeat(10_000)] }) }),
    ],
  ])("%s", (limit, margins) => {
    expect(tooNear(margins, 0.1).map((margin) => margin.limit)).toEqual([limit]);
  });
});
