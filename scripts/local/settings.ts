import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Told } from "../command/told.ts";
import { DEFAULT_REGION, PROJECT_ROOT } from "./configuration.ts";

/** What `npm start` was asked for, by environment variables. */
export type Settings = ReturnType<typeof settingsFrom>;
export type Ports = ReturnType<typeof portsFrom>;

/** The local stack's stage; serverless.yml gives it the local plugins. */
export const LOCAL_STAGE = "local";
export const HOST = "127.0.0.1";

const SQS_OFFSET = 6324;
const HIGHEST_PORT = 65_535 - SQS_OFFSET;
const LEAST_FREE_BYTES = 100 * 1024 * 1024;

/** Something that a person has to change. */
export class Misconfigured extends Told {
  override readonly name = "Misconfigured";
}

export function portsFrom(http: number) {
  return { http, lambda: http + 2, dynamodb: http + 5000, sqs: http + SQS_OFFSET };
}

/** Where everything answers. Account ids of the local engines are all zeros. */
export function endpointsOf({ ports, dynamodbEndpoint }: Pick<Settings, "ports" | "dynamodbEndpoint">) {
  const at = (port: number): string => `http://${HOST}:${port}`;
  return {
    http: at(ports.http),
    dynamodb: dynamodbEndpoint,
    sqs: at(ports.sqs),
    lambda: at(ports.lambda),
    queueBaseUrl: `${at(ports.sqs)}/000000000000`,
  };
}

export function settingsFrom(env: NodeJS.ProcessEnv) {
  checkRateLimits(env.RATE_LIMITS);
  const ports = portsFrom(portFrom(env.PORT));
  const workDir = workDirOf(ports.http);
  const givenDynamodbEndpoint = env.DYNAMODB_ENDPOINT || undefined;
  return {
    ports,
    /** Where state survives a restart; undefined keeps everything in memory. */
    dataDir: env.DATA_DIR ? resolve(env.DATA_DIR) : undefined,
    /** Logs and bundles of this stack. */
    workDir,
    logDir: join(workDir, "logs"),
    /** The children's directory for temporary files: not all of them clear away theirs, least of all when they are killed. */
    temporaryDir: join(workDir, "tmp"),
    /** An engine that runs already, as DynamoDB Local does on platforms without dynoxide. */
    givenDynamodbEndpoint,
    dynamodbEndpoint: givenDynamodbEndpoint ?? `http://${HOST}:${ports.dynamodb}`,
    admin: adminFrom(env),
    region: env.AWS_REGION || DEFAULT_REGION,
  };
}

export function workDirOf(httpPort: number): string {
  return join(PROJECT_ROOT, ".local", `stack-${httpPort}`);
}

export function removeTemporaryDir({ temporaryDir }: Settings): void {
  rmSync(temporaryDir, { recursive: true, force: true, maxRetries: 3 });
}

function adminFrom(env: NodeJS.ProcessEnv) {
  const email = env.ADMIN_EMAIL || "admin@example.com";
  const password = env.ADMIN_PASSWORD || "local-admin-password-1";
  if (!/^\S+@\S+\.\S+$/.test(email))
    throw new Misconfigured(`ADMIN_EMAIL is "${email}", which is no e-mail address.`);
  if (password.length < 10) throw new Misconfigured("ADMIN_PASSWORD has fewer than 10 characters.");
  return { email, password };
}

/** The API's functions and the web server read it themselves. */
function checkRateLimits(text: string | undefined): void {
  const isShare = Number(text) > 0 && Number(text) <= 1;
  if (text === undefined || ["", "on", "off"].includes(text) || isShare) return;
  throw new Misconfigured(
    `RATE_LIMITS is "${text}"; it must be on, off, or the share of the limits that holds here, as in: RATE_LIMITS=0.1 npm start`,
  );
}

function portFrom(text: string | undefined): number {
  if (text === undefined || text === "") return 3000;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > HIGHEST_PORT) {
    throw new Misconfigured(
      `PORT is "${text}"; it must be a whole number from 1 to ${HIGHEST_PORT}, as in: PORT=4000 npm start`,
    );
  }
  return port;
}

/** Fails with a clear word where a directory cannot hold what the stack will write. */
export function prepareDirectory(directory: string, purpose: string): void {
  try {
    makeDirectories(directory);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(directory, `.probe-${process.pid}`);
    writeFileSync(probe, "x".repeat(4096));
    unlinkSync(probe);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new Misconfigured(`${purpose} ${directory} cannot be written: ${REASONS[code] ?? code}.`);
  }
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < LEAST_FREE_BYTES) {
    throw new Misconfigured(
      `${purpose} ${directory} is on a disk with less than 100 MB free; make room, or choose another place.`,
    );
  }
}

/** One after the other: Node's own recursive way never ends where the kernel says that a parent of its own does not exist (/proc). */
function makeDirectories(directory: string): void {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) makeDirectories(dirname(directory));
  mkdirSync(directory);
}

const REASONS: { readonly [code: string]: string } = {
  EACCES: "you have no right to write there",
  EPERM: "you have no right to write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "your quota is used up",
  ENOTDIR: "a part of the path is a file",
  ENOENT: "no directory can be made there",
  EEXIST: "it is a file, not a directory",
};
