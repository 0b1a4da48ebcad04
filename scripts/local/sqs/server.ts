import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ACTIONS } from "./actions.ts";
import { ChangeLog } from "./change-log.ts";
import { SqsFault } from "./faults.ts";
import { parseInput } from "./input.ts";
import type { Call } from "./message-actions.ts";
import { QueueRegistry } from "./queue-registry.ts";

type SqsServerOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** Without it the queues live in memory alone. */
  readonly dataDir?: string | undefined;
  /** Shown in ARNs. */
  readonly region?: string | undefined;
};

export type SqsServer = Awaited<ReturnType<typeof startSqsServer>>;

const TARGET_PREFIX = /^AmazonSQS\./;
/** A batch of the longest messages, with every character escaped to six bytes, is below it. */
const REQUEST_BYTES = 2 * 1024 * 1024;
/** Longer than clients keep idle connections, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** Serves SQS queues over its JSON protocol. Rejects where the port is taken, before it touches the data. */
export async function startSqsServer({
  port: wanted,
  host = "127.0.0.1",
  dataDir,
  region = "us-east-1",
}: SqsServerOptions) {
  const nowMs = monotonousClock();
  const registry = new QueueRegistry(nowMs);
  let context: Omit<Call, "input" | "response"> | undefined;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(context, request, response);
  });
  await once(server.listen(wanted, host), "listening");
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://${host}:${port}`;
  try {
    if (dataDir !== undefined) {
      mkdirSync(dataDir, { recursive: true });
      registry.restore(new ChangeLog(join(dataDir, "queues.db")));
    }
  } catch (cause) {
    server.closeAllConnections();
    server.close();
    throw cause;
  }
  context = { registry, nowMs, endpoint, region };
  return {
    endpoint,
    port,
    close: async (): Promise<void> => {
      const closed = once(server, "close");
      server.close();
      registry.giveUpWaiting();
      // By then the waiting receives have been answered.
      setImmediate(() => server.closeAllConnections());
      await closed;
      registry.close();
    },
  };
}

/** Without a context while what an earlier run wrote down is not there yet. */
async function serve(
  context: Omit<Call, "input" | "response"> | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let answer: object;
  const headers: { [name: string]: string | number } = {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-requestid": randomUUID(),
  };
  try {
    const body = await readBody(request);
    if (context === undefined) throw new SqsFault("ServiceUnavailable", "The queues are being restored.");
    const name = String(request.headers["x-amz-target"] ?? "").replace(TARGET_PREFIX, "");
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined)
      throw new SqsFault("InvalidAction", `The action ${name} is not valid for this endpoint.`);
    answer = await action({ ...context, input: parseInput(body), response });
  } catch (cause) {
    // The client has gone before its request was complete.
    if (request.destroyed && !request.complete) return;
    const told = cause instanceof SqsFault ? cause : new SqsFault("InternalError", "The request failed.");
    if (told !== cause) console.error("sqs: a request failed", cause);
    status = told.status;
    headers["x-amzn-query-error"] = `${told.code};${told.isSenders ? "Sender" : "Receiver"}`;
    if (status === 413) headers.connection = "close";
    answer = { __type: told.type, message: told.message };
  }
  // Outside of the try: where the disk refuses, this process must fall rather than answer for what it may forget.
  context?.registry.flush();
  const text = JSON.stringify(answer);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) }).end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // The connection stays, for the answer.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += (piece as Buffer).length;
    if (bytes > REQUEST_BYTES)
      throw new SqsFault("RequestTooLarge", `Requests cannot be longer than ${REQUEST_BYTES} bytes.`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

/** The queue model's time never runs backwards, whatever becomes of the machine's. */
function monotonousClock(): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
}
