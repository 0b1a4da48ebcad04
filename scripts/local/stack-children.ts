import { join } from "node:path";
import { bundleDirOf } from "./bundle.ts";
import type { Child, ChildSpec } from "./child.ts";
import { PROJECT_ROOT } from "./configuration.ts";
import { dynoxidePath } from "./engines.ts";
import { keySetOf, type SigningKeys } from "./keys.ts";
import type { StackRecord } from "./record.ts";
import { HOST, LOCAL_STAGE, Misconfigured, type Settings, temporaryDirOf } from "./settings.ts";

/** Account ids of the local engines are all zeros. */
export function queueBaseUrlOf(settings: Settings): string {
  return `http://${HOST}:${settings.ports.sqs}/000000000000`;
}

/** What every child sees. The functions find the local engines here; on AWS none of it exists. */
export function stackEnvironment(settings: Settings, keys: SigningKeys): NodeJS.ProcessEnv {
  const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _token, ...inherited } = process.env;
  return {
    ...inherited,
    TMPDIR: temporaryDirOf(settings),
    NODE_COMPILE_CACHE: join(PROJECT_ROOT, ".local", "compile-cache"),
    AWS_REGION: settings.region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_EC2_METADATA_DISABLED: "true",
    DYNAMODB_ENDPOINT: settings.dynamodbEndpoint,
    SQS_ENDPOINT: `http://${HOST}:${settings.ports.sqs}`,
    LAMBDA_ENDPOINT: `http://${HOST}:${settings.ports.lambda}`,
    QUEUE_BASE_URL: queueBaseUrlOf(settings),
    JWT_PUBLIC_KEYS: keySetOf([keys.publicKey]),
    JWT_PRIVATE_KEY: keys.privateKey,
  };
}

export function dynamodbChild(settings: Settings, env: NodeJS.ProcessEnv): ChildSpec {
  const program = dynoxidePath();
  if (program === undefined) {
    throw new Misconfigured(
      `The DynamoDB engine of the local stack, dynoxide, comes from npm for Linux on x64 only (this is ${process.platform} on ${process.arch}, or optional dependencies were left out).\n` +
        "Start another one, such as DynamoDB Local, and say where it is:\n" +
        "  docker run -p 8000:8000 amazon/dynamodb-local\n" +
        "  DYNAMODB_ENDPOINT=http://127.0.0.1:8000 npm start",
    );
  }
  const { dynamodb: port } = settings.ports;
  const where = settings.dataDir === undefined ? [] : ["--db-path", join(settings.dataDir, "dynamodb.db")];
  return {
    name: "dynamodb",
    args: ["scripts/local/guard.ts", program, "--host", HOST, "--port", String(port), ...where],
    env,
    command: program,
    port,
  };
}

export function sqsChild(settings: Settings, env: NodeJS.ProcessEnv): ChildSpec {
  const { sqs: port } = settings.ports;
  const where = settings.dataDir === undefined ? [] : ["--data-dir", join(settings.dataDir, "sqs")];
  const script = "scripts/local/sqs/main.ts";
  return { name: "sqs", args: [script, "--port", String(port), ...where], env, command: script, port };
}

export function functionsChild(
  part: "api" | "workers",
  settings: Settings,
  env: NodeJS.ProcessEnv,
): ChildSpec {
  const port = part === "api" ? settings.ports.http : settings.ports.lambda;
  const script = "node_modules/serverless/bin/serverless.js";
  // Nobody invokes the API's functions but by HTTP; their Lambda port is any free one.
  const ports =
    part === "api" ? ["--httpPort", String(port), "--lambdaPort", "0"] : ["--lambdaPort", String(port)];
  return {
    name: part,
    args: [script, "offline", "start", "--stage", LOCAL_STAGE, ...ports],
    env: {
      ...env,
      LOCAL_PART: part,
      LOCAL_BUNDLES: bundleDirOf(settings.workDir),
      // Its own words about every request would be most of the log.
      SLS_LOG_LEVEL: "warning",
      SLS_TRACKING_DISABLED: "1",
      SLS_NOTIFICATIONS_MODE: "off",
    },
    command: script,
    port,
  };
}

export function eventSourcesChild(settings: Settings, env: NodeJS.ProcessEnv): ChildSpec {
  const script = "scripts/local/event-sources.ts";
  const checkpoint =
    settings.dataDir === undefined ? [] : ["--checkpoint", join(settings.dataDir, "stream.json")];
  return { name: "event-sources", args: [script, ...checkpoint], env, command: script };
}

/** Runs once, when the tables are there. */
export function seedChild(settings: Settings, env: NodeJS.ProcessEnv, prefix: string): ChildSpec {
  const script = "scripts/local/seed.ts";
  const { email, password } = settings.admin;
  return {
    name: "seed",
    args: [script],
    env: { ...env, TABLE_PREFIX: prefix, QUEUE_PREFIX: prefix, ADMIN_EMAIL: email, ADMIN_PASSWORD: password },
    command: script,
    once: true,
  };
}

type Running = { readonly settings: Settings; readonly prefix: string; readonly ready: boolean };

/** What other scripts are told about a running stack. */
export function recordOf({ settings, prefix, ready }: Running, running: readonly Child[]): StackRecord {
  const { ports, dataDir, dynamodbEndpoint, region, logDir, admin } = settings;
  const children: { [name: string]: { pid: number; command: string } } = {};
  for (const { spec, pids } of running) {
    if (pids.own !== undefined) children[spec.name] = { pid: pids.own, command: spec.command };
    if (pids.guarded !== undefined) {
      children[`${spec.name} (guarded)`] = { pid: pids.guarded, command: spec.command };
    }
  }
  return {
    pid: process.pid,
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    ready,
    port: ports.http,
    url: `http://${HOST}:${ports.http}`,
    region,
    tablePrefix: prefix,
    queuePrefix: prefix,
    endpoints: {
      dynamodb: dynamodbEndpoint,
      sqs: `http://${HOST}:${ports.sqs}`,
      lambda: `http://${HOST}:${ports.lambda}`,
      queueBaseUrl: queueBaseUrlOf(settings),
    },
    dataDir: dataDir ?? null,
    logDir,
    adminEmail: admin.email,
    children,
  };
}
