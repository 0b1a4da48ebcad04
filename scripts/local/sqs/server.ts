import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Action, Call } from "./call.ts";
import { type ChangeLog, NO_LOG, openLog, readLog } from "./change-log.ts";
import { SqsFault } from "./faults.ts";
import { parseInput } from "./input.ts";
import { QUEUE_ACTIONS } from "./queue-actions.ts";
import { QueueRegistry } from "./queue-registry.ts";
import { RECEIVE_ACTIONS } from "./receive-actions.ts";
import { SEND_ACTIONS } from "./send-actions.ts";

type SqsServerOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** Without it the queues live in memory alone. */
  readonly dataDir?: string;
  /** Shown in ARNs. */
  readonly region?: string;
};

export type SqsServer = {
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
};

const ACTIONS = new Map<string, Action>(
  Object.entries({ ...QUEUE_ACTIONS, ...SEND_ACTIONS, ...RECEIVE_ACTIONS }),
);
const TARGET_PREFIX = "AmazonSQS.";
/** A batch of the longest messages, with every character escaped to six bytes, is below it. */
const REQUEST_BYTES = 2 * 1024 * 1024;
/** Longer than clients keep idle connections, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** Serves SQS queues over its JSON protocol. Rejects where the port is taken, before it touches the data. */
export async function startSqsServer(options: SqsServerOptions): Promise<SqsServer> {
  const host = options.host ?? "127.0.0.1";
  const nowMs = monotonousClock();
  const registry = new QueueRegistry(nowMs);
  const serving: Serving = {
    registry,
    log: undefined,
    nowMs,
    endpoint: "",
    region: options.region ?? "us-east-1",
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(serving, request, response);
  });
  const { port } = await listen(server, options.port, host);
  serving.endpoint = `http://${host}:${port}`;
  try {
    serving.log = await restore(registry, options.dataDir);
  } catch (cause) {
    server.closeAllConnections();
    server.close();
    throw cause;
  }
  return {
    endpoint: serving.endpoint,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          serving.log?.close();
          resolve();
        });
        registry.giveUpWaiting();
        // By then the waiting receives have been answered.
        setImmediate(() => server.closeAllConnections());
      }),
  };
}

type Serving = {
  readonly registry: QueueRegistry;
  readonly nowMs: () => number;
  readonly region: string;
  endpoint: string;
  /** Undefined until what an earlier run wrote down is there. */
  log: ChangeLog | undefined;
};

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let status = 200;
  let answer: object;
  const headers: { [name: string]: string } = {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-requestid": randomUUID(),
  };
  try {
    const body = await readBody(request);
    if (body === undefined) return;
    if (serving.log === undefined) throw new SqsFault("ServiceUnavailable", "The queues are being restored.");
    const target = String(request.headers["x-amz-target"] ?? "");
    const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : target;
    const action = ACTIONS.get(name);
    if (action === undefined)
      throw new SqsFault("InvalidAction", `The action ${name} is not valid for this endpoint.`);
    answer = await action(callOf(serving, parseInput(body), response));
  } catch (cause) {
    const told = cause instanceof SqsFault ? cause : new SqsFault("InternalError", "The request failed.");
    if (told !== cause) console.error("sqs: a request failed", cause);
    const { type, code } = told.fault;
    status = told.fault.status;
    headers["x-amzn-query-error"] = `${code};${told.senderFault ? "Sender" : "Receiver"}`;
    if (status === 413) headers.connection = "close";
    answer = { __type: type, message: told.message };
  }
  // Outside of the try: where the disk refuses, this process must fall rather than answer for what it may forget.
  serving.log?.flush();
  const text = JSON.stringify(answer);
  headers["content-length"] = String(Buffer.byteLength(text));
  response.writeHead(status, headers).end(text);
}

function callOf(serving: Serving, input: Call["input"], response: ServerResponse): Call {
  const { registry, nowMs, endpoint, region } = serving;
  const isAbandoned = (): boolean => response.destroyed || response.socket?.destroyed === true;
  const onAbandoned = (callback: () => void): void => void response.once("close", callback);
  return { input, registry, nowMs, endpoint, region, isAbandoned, onAbandoned };
}

/** Undefined where the client has gone before its request was complete. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= REQUEST_BYTES) pieces.push(piece);
      else reject(new SqsFault("RequestTooLarge", `Requests cannot be longer than ${REQUEST_BYTES} bytes.`));
    });
    request.once("end", () => resolve(Buffer.concat(pieces)));
    request.once("error", () => resolve(undefined));
    request.once("close", () => resolve(undefined));
  });
}

async function restore(registry: QueueRegistry, dataDir: string | undefined): Promise<ChangeLog> {
  if (dataDir === undefined) return NO_LOG;
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, "queues.log");
  for await (const entry of readLog(file)) registry.replay(entry);
  registry.releaseInFlight();
  const log = openLog(file, () => registry.snapshot());
  registry.logTo(log);
  return log;
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** The queue model's time never runs backwards, whatever becomes of the machine's. */
function monotonousClock(): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
}
