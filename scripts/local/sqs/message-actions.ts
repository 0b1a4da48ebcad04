import { hash } from "node:crypto";
import type { ServerResponse } from "node:http";
import * as z from "zod";
import type { Prepare } from "./batch.ts";
import { invalidParameter, SqsFault } from "./faults.ts";
import { RECEIVE_LIMIT } from "./fifo-queue.ts";
import { type Input, input, integer, missingParameter, read, text, texts } from "./input.ts";
import type { StoredMessage } from "./message.ts";
import { bytesOf, chosenAttributes, md5OfAttributes, readMessageAttributes } from "./message-attributes.ts";
import type { QueueRegistry, ServedQueue } from "./queue-registry.ts";

/** One request, as an action sees it. */
export type Call = {
  readonly input: Input;
  readonly registry: QueueRegistry;
  readonly nowMs: () => number;
  /** Where clients reach the server, without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  readonly response: ServerResponse;
};

export const ACCOUNT = "000000000000";
/** What XML can carry: the service refuses everything else, also over JSON. */
const ALLOWED_CHARACTERS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

const received = z.object({
  MaxNumberOfMessages: integer(1, RECEIVE_LIMIT).default(1),
  VisibilityTimeout: integer(0, 43_200).optional(),
  WaitTimeSeconds: integer(0, 20).optional(),
  ReceiveRequestAttemptId: text.optional(),
  MessageSystemAttributeNames: texts,
  AttributeNames: texts,
  MessageAttributeNames: texts,
});
const held = z.object({ ReceiptHandle: text });
const hidden = held.extend({ VisibilityTimeout: integer(0, 43_200) });
const id = text.regex(
  /^[\x21-\x7e]{1,128}$/,
  "Can only include alphanumeric and punctuation characters. 1 to 128 in length.",
);
const sent = z.object({
  MessageBody: text,
  MessageAttributes: input.default({}),
  DelaySeconds: integer(0, 900).optional(),
  MessageGroupId: text.optional(),
  MessageDeduplicationId: text.optional(),
});
/** What only a FIFO queue takes, and as what. */
const sentInGroup = z.object({ MessageGroupId: id, MessageDeduplicationId: id.optional() });

export function send({ settings, model }: ServedQueue, { nowMs }: Call): Prepare {
  return (given) => {
    const { MessageBody: body, MessageAttributes, DelaySeconds, ...ids } = read(sent, given);
    const attributes = readMessageAttributes(MessageAttributes);
    const bytes = Buffer.byteLength(body) + bytesOf(attributes);
    if (body === "") throw missingParameter("MessageBody");
    if (bytes > settings.messageBytes) {
      const reason = `One or more parameters are invalid. Reason: Message must be shorter than ${settings.messageBytes} bytes.`;
      throw new SqsFault("InvalidParameterValue", reason);
    }
    if (!ALLOWED_CHARACTERS.test(body))
      throw new SqsFault("InvalidMessageContents", "Invalid characters found in the message body.");
    if (settings.fifo && (DelaySeconds ?? 0) > 0) throw unfit("DelaySeconds", DelaySeconds);
    if (!settings.fifo && ids.MessageDeduplicationId !== undefined)
      throw unfit("MessageDeduplicationId", ids.MessageDeduplicationId);
    const some = Object.keys(attributes).length > 0;
    const message = {
      body,
      ...(some ? { attributes } : {}),
      delayMs: (settings.fifo ? settings.delaySeconds : (DelaySeconds ?? settings.delaySeconds)) * 1000,
      ...(settings.fifo ? grouped(body, read(sentInGroup, ids), settings) : {}),
    };
    return {
      bytes,
      carryOut: () => {
        const { messageId, md5OfBody, sequenceNumber } = model.send(message, nowMs());
        return {
          MessageId: messageId,
          MD5OfMessageBody: md5OfBody,
          ...(some ? { MD5OfMessageAttributes: md5OfAttributes(attributes) } : {}),
          ...(settings.fifo ? { SequenceNumber: sequenceNumber } : {}),
        };
      },
    };
  };
}

function grouped(
  body: string,
  { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }: z.output<typeof sentInGroup>,
  { contentBasedDeduplication, deduplicationScope }: ServedQueue["settings"],
) {
  if (deduplicationId !== undefined || contentBasedDeduplication)
    return { groupId, deduplicationId: deduplicationId ?? hash("sha256", body), deduplicationScope };
  const reason =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
  throw new SqsFault("InvalidParameterValue", reason);
}

function unfit(name: string, value: unknown): SqsFault {
  return invalidParameter(
    name,
    value,
    "The request include parameter that is not valid for this queue type.",
  );
}

export function remove({ model }: ServedQueue, { nowMs }: Call): Prepare {
  return (given) => ({
    carryOut: () => {
      const { ReceiptHandle } = read(held, given);
      const outcome = model.delete(ReceiptHandle, nowMs());
      if (outcome === "invalid" || outcome === "expired") throw unusable(ReceiptHandle, outcome);
      return {};
    },
  });
}

export function hide({ model }: ServedQueue, { nowMs }: Call): Prepare {
  return (given) => ({
    carryOut: () => {
      const { ReceiptHandle, VisibilityTimeout } = read(hidden, given);
      const outcome = model.changeVisibility(ReceiptHandle, VisibilityTimeout * 1000, nowMs());
      if (outcome === "not_in_flight")
        throw new SqsFault("MessageNotInflight", "The message is not in flight.");
      if (outcome !== "changed") throw unusable(ReceiptHandle, outcome);
      return {};
    },
  });
}

function unusable(handle: string, outcome: "invalid" | "expired" | "gone"): SqsFault {
  if (outcome === "invalid") {
    const message = `The input receipt handle "${handle}" is not a valid receipt handle.`;
    return new SqsFault("ReceiptHandleIsInvalid", message);
  }
  const reason =
    outcome === "expired"
      ? "The receipt handle has expired."
      : "Message does not exist or is not available for visibility timeout change.";
  return invalidParameter("ReceiptHandle", handle, reason);
}

export async function receive(queue: ServedQueue, call: Call): Promise<object> {
  const wishes = read(received, call.input);
  const { WaitTimeSeconds = queue.settings.waitSeconds, ReceiveRequestAttemptId: attemptId } = wishes;
  const take = (): object | undefined => {
    // A client that has gone takes nothing: its messages would be hidden for a whole visibility timeout.
    if (call.response.destroyed || call.response.socket?.destroyed === true) return undefined;
    const { VisibilityTimeout = queue.settings.visibilitySeconds } = wishes;
    const deliveries = queue.model.receive(call.nowMs(), {
      max: wishes.MaxNumberOfMessages,
      visibilityTimeoutMs: VisibilityTimeout * 1000,
      ...(attemptId === undefined ? {} : { attemptId }),
    });
    if (deliveries.length === 0) return undefined;
    const print = ({ receiptHandle, message }: (typeof deliveries)[number]): object => {
      const names = [...wishes.MessageSystemAttributeNames, ...wishes.AttributeNames];
      const system = chosen(systemAttributes(message, call), names);
      const attributes = chosenAttributes(message.attributes ?? {}, wishes.MessageAttributeNames);
      return {
        MessageId: message.messageId,
        ReceiptHandle: receiptHandle,
        MD5OfBody: message.md5OfBody,
        Body: message.body,
        ...(Object.keys(system).length === 0 ? {} : { Attributes: system }),
        ...(Object.keys(attributes).length === 0
          ? {}
          : { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }),
      };
    };
    return { Messages: deliveries.map(print) };
  };
  const gone = new AbortController();
  call.response.once("close", () => gone.abort());
  return (await queue.poll.wait({ take, forMs: WaitTimeSeconds * 1000, gone: gone.signal })) ?? {};
}

function systemAttributes(message: StoredMessage, call: Call): object {
  const { groupId, deduplicationId, deadLetterSource } = message;
  return {
    SenderId: ACCOUNT,
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? message.sentAtMs),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId, SequenceNumber: message.sequenceNumber }),
    ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    ...(deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: arnOf(call, deadLetterSource) }),
  };
}

export function chosen(all: object, names: readonly string[]): object {
  if (names.includes("All")) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

export function arnOf({ region }: Call, queueName: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT}:${queueName}`;
}
