import { describe, expect, it } from "vitest";
import { type Projection, TABLES } from "../../../lib/store/tables.ts";
import {
  type JsonObject,
  listFrom,
  loadConfiguration,
  objectFrom,
  type Resource,
} from "../../../scripts/local/configuration.ts";

const { resources, prefix } = loadConfiguration("dev");
const tables = Object.values(resources).filter(({ Type }) => Type === "AWS::DynamoDB::Table");

function nameOf({ Properties }: Resource): string {
  return String(Properties.TableName).slice(prefix.length + 1);
}

function keysOf(schema: unknown): unknown {
  return listFrom(schema as never).map((key) => {
    const { AttributeName, KeyType } = objectFrom(key);
    return `${KeyType} ${AttributeName}`;
  });
}

function projectionOf(projects: Projection): JsonObject {
  if (projects === "all") return { ProjectionType: "ALL" };
  if (projects === "keys") return { ProjectionType: "KEYS_ONLY" };
  return { ProjectionType: "INCLUDE", NonKeyAttributes: [...projects] };
}

function named(name: string): Resource {
  const found = tables.find((table) => nameOf(table) === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

describe("tables > resources/tables.yml is what lib/store/tables.ts says", () => {
  it("defines the same tables", () => {
    expect(tables.map(nameOf).toSorted()).toEqual(Object.keys(TABLES).toSorted());
    expect(tables.every(({ Properties }) => String(Properties.TableName).startsWith(`${prefix}-`))).toBe(
      true,
    );
  });

  for (const [name, { indexes }] of Object.entries(TABLES)) {
    it(`gives ${name} its keys and indexes`, () => {
      const { Properties } = named(name);
      expect(keysOf(Properties.KeySchema)).toEqual(["HASH pk", "RANGE sk"]);
      const defined = listFrom(Properties.GlobalSecondaryIndexes ?? []).map((index) => {
        const { IndexName, KeySchema, Projection } = objectFrom(index);
        return {
          name: IndexName,
          keys: keysOf(KeySchema),
          projection: objectFrom(Projection),
        };
      });
      const wanted = Object.entries(indexes).map(([index, { pk, sk, projects }]) => ({
        name: index,
        keys: [`HASH ${pk}`, `RANGE ${sk}`],
        projection: projectionOf(projects),
      }));
      expect(defined).toEqual(wanted);
    });

    it(`declares all key attributes of ${name} as strings, and no others`, () => {
      const { Properties } = named(name);
      const declared = listFrom(Properties.AttributeDefinitions).map((definition) => {
        const { AttributeName, AttributeType } = objectFrom(definition);
        return `${AttributeName} ${AttributeType}`;
      });
      const needed = new Set(["pk", "sk", ...Object.values(indexes).flatMap(({ pk, sk }) => [pk, sk])]);
      expect(declared.toSorted()).toEqual([...needed].map((attribute) => `${attribute} S`).toSorted());
    });

    it(`protects ${name} from deletion, and keeps it when the stack is deleted, encrypted and restorable`, () => {
      const { Properties, ...policies } = named(name);
      // A creation that fails is taken back, so that it can be repeated under the same name.
      expect(policies).toMatchObject({
        DeletionPolicy: "RetainExceptOnCreate",
        UpdateReplacePolicy: "Retain",
      });
      expect(Properties).toMatchObject({
        DeletionProtectionEnabled: true,
        BillingMode: "PAY_PER_REQUEST",
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    });
  }

  it("streams the journal's keys, and nothing else", () => {
    const streams = tables.filter(({ Properties }) => Properties.StreamSpecification !== undefined);
    expect(streams.map((table) => [nameOf(table), table.Properties.StreamSpecification])).toEqual([
      ["journal", { StreamViewType: "KEYS_ONLY" }],
    ]);
  });

  it("keeps the hash of a password out of the list of accounts", () => {
    expect(JSON.stringify(named("users").Properties.GlobalSecondaryIndexes)).not.toContain("passwordHash");
  });

  it("lets only sessions, security events and what clients have named expire", () => {
    const expiring = tables.filter(({ Properties }) => Properties.TimeToLiveSpecification !== undefined);
    expect(expiring.map(nameOf).toSorted()).toEqual(["requests", "users"]);
  });
});
