import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfiguration, PROJECT_ROOT } from "../../scripts/local/configuration.ts";
import { computedResources } from "../support/resource-count.ts";

const ZIP_BYTES_AT_MOST = 600 * 1024;

/** CloudFormation takes 60; they are counted for each function that has one. */
const DYNAMIC_REFERENCES_AT_MOST = 10;

type Template = {
  readonly Parameters?: { readonly [name: string]: unknown };
  readonly Resources: {
    readonly [id: string]: {
      readonly Type: string;
      readonly Properties: { readonly [name: string]: unknown };
    };
  };
};

const configuration = loadConfiguration("dev");
let directory: string;
let template: Template;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "package-"));
  execFileSync(
    process.execPath,
    [
      "node_modules/serverless/bin/serverless.js",
      "package",
      "--stage",
      "dev",
      "--region",
      "eu-central-1",
      "--package",
      directory,
    ],
    {
      cwd: PROJECT_ROOT,
      stdio: "pipe",
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        AWS_ACCESS_KEY_ID: "none",
        AWS_SECRET_ACCESS_KEY: "none",
        SLS_TRACKING_DISABLED: "1",
      },
    },
  );
  template = JSON.parse(readFileSync(join(directory, "cloudformation-template-update-stack.json"), "utf8"));
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

describe("package > what Serverless makes of the house", () => {
  it("has as many resources as the limits are computed with", () => {
    expect(Object.keys(template.Resources).length).toBe(computedResources(configuration));
  });

  it("creates the tables, queues, roles and alarms that the local stack read", () => {
    for (const [id, { Type, Properties }] of Object.entries(configuration.resources)) {
      expect(template.Resources[id], id).toMatchObject({ Type, Properties });
    }
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
    const zips = readdirSync(directory).filter((file) => file.endsWith(".zip"));
    expect(zips).toHaveLength(Object.keys(configuration.functions).length);
    const large = zips.filter((file) => statSync(join(directory, file)).size > ZIP_BYTES_AT_MOST);
    expect(large).toEqual([]);
  });
});
