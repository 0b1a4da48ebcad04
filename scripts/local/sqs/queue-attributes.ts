import { SqsFault } from "./faults.ts";
import type { Input } from "./input.ts";

/** Attributes as they travel: everything is text. */
export type QueueAttributes = { readonly [name: string]: string };

/** The attributes that change what the queue does, parsed. */
export type QueueSettings = {
  readonly fifo: boolean;
  readonly visibilityTimeoutMs: number;
  readonly delayMs: number;
  readonly waitMs: number;
  readonly messageBytes: number;
  readonly contentBasedDeduplication: boolean;
  readonly deduplicationScope: "queue" | "group";
  readonly redrive?: { readonly queue: string; readonly maxReceiveCount: number };
};

export const MESSAGE_BYTES = 262_144;

const DEFAULTS: QueueAttributes = {
  VisibilityTimeout: "30",
  DelaySeconds: "0",
  MaximumMessageSize: String(MESSAGE_BYTES),
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
};
const FIFO_DEFAULTS: QueueAttributes = {
  FifoQueue: "true",
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

/** Retention, policies and encryption are kept and reported, and have no effect here. */
const RULES: { readonly [name: string]: (value: string) => boolean } = {
  VisibilityTimeout: integer(0, 43_200),
  DelaySeconds: integer(0, 900),
  MaximumMessageSize: integer(1024, MESSAGE_BYTES),
  MessageRetentionPeriod: integer(60, 1_209_600),
  ReceiveMessageWaitTimeSeconds: integer(0, 20),
  FifoQueue: (value) => value === "true",
  ContentBasedDeduplication: boolean,
  DeduplicationScope: (value) => value === "queue" || value === "messageGroup",
  FifoThroughputLimit: (value) => value === "perQueue" || value === "perMessageGroupId",
  RedrivePolicy: (value) => value === "" || parseRedrive(value) !== undefined,
  RedriveAllowPolicy: () => true,
  Policy: () => true,
  KmsMasterKeyId: () => true,
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
  SqsManagedSseEnabled: boolean,
};

export function readAttributes(input: Input): QueueAttributes {
  const attributes: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(input)) {
    const rule = RULES[name];
    if (rule === undefined) throw new SqsFault("InvalidAttributeName", `Unknown Attribute ${name}.`);
    if (typeof value !== "string" || !rule(value)) {
      throw new SqsFault("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
    }
    attributes[name] = value;
  }
  return attributes;
}

/** All attributes of a new queue. */
export function withDefaults(given: QueueAttributes): QueueAttributes {
  return { ...DEFAULTS, ...(given.FifoQueue === "true" ? FIFO_DEFAULTS : {}), ...given };
}

/** Texts of one policy may differ in blanks and in the type of the count. */
export function sameValue(name: string, a: string, b: string): boolean {
  if (name !== "RedrivePolicy") return a === b;
  return JSON.stringify(parseRedrive(a)) === JSON.stringify(parseRedrive(b));
}

export function settingsOf(attributes: QueueAttributes): QueueSettings {
  const redrive = parseRedrive(attributes.RedrivePolicy ?? "");
  return {
    fifo: attributes.FifoQueue === "true",
    visibilityTimeoutMs: Number(attributes.VisibilityTimeout) * 1000,
    delayMs: Number(attributes.DelaySeconds) * 1000,
    waitMs: Number(attributes.ReceiveMessageWaitTimeSeconds) * 1000,
    messageBytes: Number(attributes.MaximumMessageSize),
    contentBasedDeduplication: attributes.ContentBasedDeduplication === "true",
    deduplicationScope: attributes.DeduplicationScope === "messageGroup" ? "group" : "queue",
    ...(redrive === undefined ? {} : { redrive }),
  };
}

function integer(lowest: number, highest: number): (value: string) => boolean {
  return (value) => /^\d{1,9}$/.test(value) && Number(value) >= lowest && Number(value) <= highest;
}

function boolean(value: string): boolean {
  return value === "true" || value === "false";
}

function parseRedrive(text: string): QueueSettings["redrive"] {
  if (text === "") return undefined;
  try {
    const policy: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } = JSON.parse(text);
    const maxReceiveCount = Number(policy.maxReceiveCount);
    // The region and the account of a local queue say nothing, so the name alone finds it.
    const queue = /^arn:aws[\w-]*:sqs:[\w-]*:\d*:([\w-]+(?:\.fifo)?)$/.exec(
      String(policy.deadLetterTargetArn),
    )?.[1];
    const isCount = Number.isInteger(maxReceiveCount) && maxReceiveCount >= 1 && maxReceiveCount <= 1000;
    return queue !== undefined && isCount ? { queue, maxReceiveCount } : undefined;
  } catch {
    return undefined;
  }
}
