import type { Input } from "./input.ts";
import { readString } from "./input.ts";
import type { QueueRegistry, ServedQueue } from "./queue-registry.ts";

/** One request, as an action sees it. */
export type Call = {
  readonly input: Input;
  readonly registry: QueueRegistry;
  readonly nowMs: () => number;
  /** Where clients reach the server, without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  /** Whether nobody is there any more to hear the answer. */
  readonly isAbandoned: () => boolean;
  readonly onAbandoned: (callback: () => void) => void;
};

/** What it returns is the answer's JSON. Refusals are thrown as `SqsFault`. */
export type Action = (call: Call) => object | Promise<object>;

export const ACCOUNT = "000000000000";

/** By the last part of the URL alone, so that a URL stays good when the server moves to another port. */
export function queueOf(call: Call): ServedQueue {
  const url = readString(call.input, "QueueUrl");
  return call.registry.get(url.slice(url.lastIndexOf("/") + 1));
}

export function urlOf(call: Call, queue: ServedQueue): string {
  return `${call.endpoint}/${ACCOUNT}/${queue.name}`;
}

export function arnOf(call: Call, queueName: string): string {
  return `arn:aws:sqs:${call.region}:${ACCOUNT}:${queueName}`;
}
