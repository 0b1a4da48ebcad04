import { SqsFault } from "./faults.ts";
import type { Input } from "./input.ts";

/** Attributes as they travel: everything is text. */
export type QueueAttributes = { readonly [name: string]: string };

/** The attributes that change what the queue does, parsed. */
export type QueueSettings = ReturnType<typeof settingsOf>;

export const MESSAGE_BYTES = 262_144;

type Rule = {
  readonly fits: (value: string) => boolean;
  /** What a new queue has where nothing is given. */
  readonly standard?: string;
  readonly isFifoOnly?: boolean;
};

/** Retention, policies and encryption are kept and reported, and have no effect here. */
const RULES: { readonly [name: string]: Rule } = {
  VisibilityTimeout: { fits: integer(0, 43_200), standard: "30" },
  DelaySeconds: { fits: integer(0, 900), standard: "0" },
  MaximumMessageSize: { fits: integer(1024, MESSAGE_BYTES), standard: `${MESSAGE_BYTES}` },
  MessageRetentionPeriod: { fits: integer(60, 1_209_600), standard: "345600" },
  ReceiveMessageWaitTimeSeconds: { fits: integer(0, 20), standard: "0" },
  FifoQueue: { fits: oneOf("true"), standard: "true", isFifoOnly: true },
  ContentBasedDeduplication: { fits: oneOf("true", "false"), standard: "false", isFifoOnly: true },
  DeduplicationScope: { fits: oneOf("queue", "messageGroup"), standard: "queue", isFifoOnly: true },
  FifoThroughputLimit: {
    fits: oneOf("perQueue", "perMessageGroupId"),
    standard: "perQueue",
    isFifoOnly: true,
  },
  RedrivePolicy: { fits: (value) => value === "" || parseRedrive(value) !== undefined },
  RedriveAllowPolicy: { fits: () => true },
  Policy: { fits: () => true },
  KmsMasterKeyId: { fits: () => true },
  KmsDataKeyReusePeriodSeconds: { fits: integer(60, 86_400) },
  SqsManagedSseEnabled: { fits: oneOf("true", "false") },
};

export function readAttributes(given: Input): QueueAttributes {
  const attributes = Object.entries(given).map(([name, value]) => {
    const rule = RULES[name];
    if (rule === undefined) throw new SqsFault("InvalidAttributeName", `Unknown Attribute ${name}.`);
    if (typeof value === "string" && rule.fits(value)) return [name, value];
    throw new SqsFault("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
  });
  return Object.fromEntries(attributes);
}

/** All attributes of a new queue. */
export function withDefaults(given: QueueAttributes): QueueAttributes {
  const defaults = Object.entries(RULES).flatMap(([name, { standard, isFifoOnly = false }]) =>
    standard === undefined || (isFifoOnly && given.FifoQueue !== "true") ? [] : [[name, standard]],
  );
  return { ...Object.fromEntries(defaults), ...given };
}

/** Texts of one policy may differ in blanks and in the type of the count. */
export function sameValue(name: string, a: string, b: string): boolean {
  if (name !== "RedrivePolicy") return a === b;
  return JSON.stringify(parseRedrive(a)) === JSON.stringify(parseRedrive(b));
}

export function settingsOf(attributes: QueueAttributes) {
  return {
    fifo: attributes.FifoQueue === "true",
    visibilitySeconds: Number(attributes.VisibilityTimeout),
    delaySeconds: Number(attributes.DelaySeconds),
    waitSeconds: Number(attributes.ReceiveMessageWaitTimeSeconds),
    messageBytes: Number(attributes.MaximumMessageSize),
    contentBasedDeduplication: attributes.ContentBasedDeduplication === "true",
    deduplicationScope: attributes.DeduplicationScope === "messageGroup" ? "group" : "queue",
    redrive: parseRedrive(attributes.RedrivePolicy ?? ""),
  } as const;
}

function integer(lowest: number, highest: number): Rule["fits"] {
  return (value) => /^\d{1,9}$/.test(value) && Number(value) >= lowest && Number(value) <= highest;
}

function oneOf(...values: readonly string[]): Rule["fits"] {
  return (value) => values.includes(value);
}

type RedrivePolicy = { readonly queue: string; readonly maxReceiveCount: number };

function parseRedrive(text: string): RedrivePolicy | undefined {
  if (text === "") return undefined;
  try {
    const policy: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } = JSON.parse(text);
    const maxReceiveCount = Number(policy.maxReceiveCount);
    // The region and the account of a local queue say nothing, so the name alone finds it.
    const arn = /^arn:aws[\w-]*:sqs:[\w-]*:\d*:([\w-]+(?:\.fifo)?)$/.exec(String(policy.deadLetterTargetArn));
    const isCount = Number.isInteger(maxReceiveCount) && maxReceiveCount >= 1 && maxReceiveCount <= 1000;
    return arn?.[1] !== undefined && isCount ? { queue: arn[1], maxReceiveCount } : undefined;
  } catch {
    return undefined;
  }
}
