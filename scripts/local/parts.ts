import { join } from "node:path";
import { bundleDirOf } from "./bundle.ts";
import type { ChildSpec } from "./child.ts";
import { PROJECT_ROOT } from "./configuration.ts";
import { dynoxidePath } from "./engines.ts";
import { keySetOf, type SigningKeys } from "./keys.ts";
import { endpointsOf, HOST, LOCAL_STAGE, Misconfigured, type Settings } from "./settings.ts";

const SERVERLESS = "node_modules/serverless/bin/serverless.js";

/** The processes that the stack is made of. `prefix` is what the names of tables and queues begin with. */
export function partsOf(settings: Settings, keys: SigningKeys, prefix: string) {
  const { ports, dataDir, admin } = settings;
  const env = environmentOf(settings, keys);
  const kept = (option: string, file: string) => (dataDir === undefined ? [] : [option, join(dataDir, file)]);
  const part = (
    name: string,
    args: readonly [string, ...string[]],
    more: Partial<ChildSpec> = {},
  ): ChildSpec => ({
    name,
    args,
    env,
    command: args[0],
    ...more,
  });
  const functions = (name: string, port: number, ...flags: string[]): ChildSpec =>
    part(name, [SERVERLESS, "offline", "start", "--stage", LOCAL_STAGE, ...flags], {
      port,
      env: {
        ...env,
        LOCAL_PART: name,
        LOCAL_BUNDLES: bundleDirOf(settings.workDir),
        // Its own words about every request would be most of the log.
        SLS_LOG_LEVEL: "warning",
        SLS_TRACKING_DISABLED: "1",
        SLS_NOTIFICATIONS_MODE: "off",
      },
    });
  const dynamodb = (program: string): ChildSpec =>
    part(
      "dynamodb",
      [
        "scripts/local/guard.ts",
        ...[program, "--host", HOST, "--port", `${ports.dynamodb}`],
        ...kept("--db-path", "dynamodb.db"),
      ],
      { command: program, port: ports.dynamodb },
    );
  return {
    /** Undefined where another engine was named. */
    dynamodb: settings.givenDynamodbEndpoint === undefined ? dynamodb(dynoxide()) : undefined,
    sqs: part("sqs", ["scripts/local/sqs/main.ts", "--port", `${ports.sqs}`, ...kept("--data-dir", "sqs")], {
      port: ports.sqs,
    }),
    workers: functions("workers", ports.lambda, "--lambdaPort", `${ports.lambda}`),
    // Nobody invokes the API's functions but by HTTP; their Lambda port is any free one.
    api: functions("api", ports.http, "--httpPort", `${ports.http}`, "--lambdaPort", "0"),
    eventSources: part("event-sources", [
      "scripts/local/event-sources.ts",
      ...kept("--checkpoint", "stream.db"),
    ]),
    /** Runs once, when the tables are there. */
    seed: part("seed", ["scripts/local/seed.ts"], {
      env: {
        ...env,
        TABLE_PREFIX: prefix,
        QUEUE_PREFIX: prefix,
        ADMIN_EMAIL: admin.email,
        ADMIN_PASSWORD: admin.password,
      },
      once: true,
    }),
  };
}

/** What every child sees. The functions find the local engines here; on AWS none of it exists. */
function environmentOf(settings: Settings, keys: SigningKeys): NodeJS.ProcessEnv {
  const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _token, ...inherited } = process.env;
  const { dynamodb, sqs, lambda, queueBaseUrl } = endpointsOf(settings);
  return {
    ...inherited,
    TMPDIR: settings.temporaryDir,
    NODE_COMPILE_CACHE: join(PROJECT_ROOT, ".local", "compile-cache"),
    AWS_REGION: settings.region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_EC2_METADATA_DISABLED: "true",
    DYNAMODB_ENDPOINT: dynamodb,
    SQS_ENDPOINT: sqs,
    LAMBDA_ENDPOINT: lambda,
    QUEUE_BASE_URL: queueBaseUrl,
    JWT_PUBLIC_KEYS: keySetOf([keys.publicKey]),
    JWT_PRIVATE_KEY: keys.privateKey,
  };
}

function dynoxide(): string {
  const program = dynoxidePath();
  if (program !== undefined) return program;
  throw new Misconfigured(
    `The DynamoDB engine of the local stack, dynoxide, comes from npm for Linux on x64 only (this is ${process.platform} on ${process.arch}, or optional dependencies were left out).\n` +
      "Start another one, such as DynamoDB Local, and say where it is:\n" +
      "  docker run -p 8000:8000 amazon/dynamodb-local\n" +
      "  DYNAMODB_ENDPOINT=http://127.0.0.1:8000 npm start",
  );
}
