/**
 * Writes down the calls of DynamoDB and SQS that each function makes. Loaded before anything else (`node --import`) into the processes of a
 * local stack, by a scenario only: the stack and the functions know nothing of it. Who calls is told by the HTTP request that is being
 * answered, in a worker's thread by the function that it runs, and otherwise by `callsOf`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { workerData } from "node:worker_threads";

export type RecordedCall = {
  /** `POST /api/orders`, or the key of a function. */
  readonly by: string;
  /** As the SDK names it, `DynamoDB_20120810.PutItem` or `AmazonSQS.SendMessage`. */
  readonly target: string;
  readonly body: unknown;
};

const callers = new AsyncLocalStorage<string>();

/** Runs something as if this function did it. */
export function callsOf<T>(functionKey: string, run: () => Promise<T>): Promise<T> {
  return callers.run(functionKey, run);
}

subscribe("http.server.request.start", (message) => {
  const { request } = message as { request: IncomingMessage };
  callers.enterWith(`${request.method} ${request.url?.split("?")[0]}`);
});

subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  const by = callers.getStore() ?? workerData?.functionKey;
  const target = request.getHeader("x-amz-target");
  const file = process.env.RECORDED_CALLS;
  if (by === undefined || typeof target !== "string" || file === undefined) return;
  const chunks: Buffer[] = [];
  const end = request.end.bind(request);
  const write = request.write.bind(request);
  const keep = (chunk: unknown): void => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array)
      chunks.push(Buffer.from(chunk as Uint8Array));
  };
  request.write = ((chunk: never, ...rest: never[]) => {
    keep(chunk);
    return write(chunk, ...rest);
  }) as typeof request.write;
  request.end = ((chunk: never, ...rest: never[]) => {
    keep(chunk);
    const call: RecordedCall = { by, target, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
    appendFileSync(file, `${JSON.stringify(call)}\n`);
    return end(chunk, ...rest);
  }) as typeof request.end;
});
