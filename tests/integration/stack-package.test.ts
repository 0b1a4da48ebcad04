import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageStacks } from "../../scripts/deploy/package.ts";
import { runServerless, type StackName } from "../../scripts/deploy/serverless.ts";
import { loadConfiguration } from "../../scripts/local/configuration.ts";
import { computedResources } from "../support/resource-count.ts";

const ZIP_BYTES_AT_MOST = 600 * 1024;

/** CloudFormation takes 60; they are counted for each function that has one. */
const DYNAMIC_REFERENCES_AT_MOST = 10;

type Template = {
  readonly Parameters?: { readonly [name: string]: unknown };
  readonly Outputs?: { readonly [name: string]: unknown };
  readonly Resources: {
    readonly [id: string]: {
      readonly Type: string;
      readonly Properties: { readonly [name: string]: unknown };
    };
  };
};

const configuration = loadConfiguration("dev");
let directory: string;
let temporary: string;
let template: Template;
let data: Template;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "package-"));
  temporary = mkdtempSync(join(tmpdir(), "package-tmp-"));
  const given = { ...process.env };
  Object.assign(process.env, {
    TMPDIR: temporary,
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
  });
  const target = { stage: "dev", region: "eu-central-1" };
  await packageStacks(directory, target, { run: runServerless, stdio: "pipe" });
  process.env = given;
  template = templateOf("exchange");
  data = templateOf("data");
}, 240_000);
afterAll(() => {
  for (const made of [directory, temporary]) rmSync(made, { recursive: true, force: true });
});

function templateOf(stack: StackName): Template {
  return JSON.parse(
    readFileSync(join(directory, stack, "cloudformation-template-update-stack.json"), "utf8"),
  );
}

describe("package > what Serverless makes of the house", () => {
  it("leaves nothing in the directory for temporary files", () => {
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("has as many resources as the limits are computed with", () => {
    expect(Object.keys(template.Resources).length).toBe(computedResources(configuration));
  });

  it("creates the tables, queues, roles and alarms that the local stack read", () => {
    for (const [id, { Type, Properties }] of Object.entries(configuration.resources)) {
      const found = id in configuration.data ? data : template;
      expect(found.Resources[id], id).toMatchObject({ Type, Properties });
    }
  });

  it("keeps what has state in a stack of its own, and nothing of it in the one with functions", () => {
    const types = ({ Resources }: Template) => new Set(Object.values(Resources).map(({ Type }) => Type));
    expect([...types(data)].filter((type) => !type.startsWith("AWS::S3::")).toSorted()).toEqual([
      "AWS::DynamoDB::Table",
      "AWS::SQS::Queue",
    ]);
    expect(types(template)).not.toContain("AWS::DynamoDB::Table");
    expect(Object.keys(template.Resources).filter((id) => id in configuration.data)).toEqual([]);
  });

  it("imports only what the data's stack exports", () => {
    const imported = [...JSON.stringify(template).matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(imported)]).toEqual(["cex-pilot-dev-journal-stream"]);
    expect(data.Outputs?.JournalStream).toMatchObject({ Export: { Name: "cex-pilot-dev-journal-stream" } });
  });

  it("gives every function the role that the local stack read, and the runtime that it was tested on", () => {
    const deployed = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
    expect(deployed).toHaveLength(Object.keys(configuration.functions).length);
    for (const { name, role, timeoutSeconds } of Object.values(configuration.functions)) {
      const found = deployed.find(({ Properties }) => Properties.FunctionName === name);
      expect(found?.Properties, name).toMatchObject({
        Role: { "Fn::GetAtt": [role, "Arn"] },
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        Timeout: timeoutSeconds,
      });
    }
  });

  it("tells no function of local engines or private keys", () => {
    const text = JSON.stringify(template);
    for (const local of ["DYNAMODB_ENDPOINT", "SQS_ENDPOINT", 'JWT_PRIVATE_KEY"', "127.0.0.1"])
      expect(text).not.toContain(local);
  });

  it("reads the public keys once, by a parameter of the stack that only those functions are given that verify tokens", () => {
    expect(template.Parameters).toMatchObject({
      JwtPublicKeys: {
        Type: "AWS::SSM::Parameter::Value<String>",
        Default: "/cex-pilot/dev/jwt-public-keys",
      },
    });
    const isGiven = new Map(
      Object.values(template.Resources)
        .filter(({ Type }) => Type === "AWS::Lambda::Function")
        .map(({ Properties }) => [
          String(Properties.FunctionName),
          JSON.stringify(Properties.Environment).includes('"JWT_PUBLIC_KEYS":{"Ref":"JwtPublicKeys"}'),
        ]),
    );
    for (const { name, environment } of Object.values(configuration.functions))
      expect(isGiven.get(name), name).toBe("JWT_PUBLIC_KEYS" in environment);
  });

  it(`has fewer than ${DYNAMIC_REFERENCES_AT_MOST} dynamic references`, () => {
    const references = JSON.stringify(template).match(/{{resolve:/g) ?? [];
    expect(references.length).toBeLessThan(DYNAMIC_REFERENCES_AT_MOST);
  });

  it("keeps every bundle small, with nothing in it but code", () => {
    const zips = readdirSync(join(directory, "exchange")).filter((file) => file.endsWith(".zip"));
    expect(zips).toHaveLength(Object.keys(configuration.functions).length);
    const large = zips.filter((file) => statSync(join(directory, "exchange", file)).size > ZIP_BYTES_AT_MOST);
    expect(large).toEqual([]);
  });
});
