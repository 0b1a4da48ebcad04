import { createHash } from "node:crypto";
import { answerBatch } from "./batch.ts";
import { type Action, queueOf } from "./call.ts";
import { invalidParameter, missingParameter, SqsFault } from "./faults.ts";
import { type Input, readObject, readOptionalInteger, readOptionalString, readString } from "./input.ts";
import { md5OfAttributes } from "./md5.ts";
import type { MessageAttribute, MessageAttributes, SendInput } from "./message.ts";
import { MESSAGE_BYTES } from "./queue-attributes.ts";
import type { ServedQueue } from "./queue-registry.ts";

/** What XML can carry: the service refuses everything else, also over JSON. */
const ALLOWED_CHARACTERS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const ATTRIBUTES_LIMIT = 10;

type Sendable = { readonly message: SendInput; readonly bytes: number };

const sendMessage: Action = (call) => {
  const queue = queueOf(call);
  return send(queue, readMessage(queue, call.input), call.nowMs());
};

const sendMessageBatch: Action = (call) => {
  const queue = queueOf(call);
  let bytes = 0;
  // All entries are read before one is sent: a batch that is too long as a whole sends nothing.
  return answerBatch(call.input, (entry) => {
    const sendable = readMessage(queue, entry);
    bytes += sendable.bytes;
    if (bytes <= MESSAGE_BYTES) return () => send(queue, sendable, call.nowMs());
    const message = `Batch requests cannot be longer than ${MESSAGE_BYTES} bytes.`;
    throw new SqsFault("BatchRequestTooLong", message);
  });
};

export const SEND_ACTIONS: { readonly [name: string]: Action } = {
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
};

function send(queue: ServedQueue, { message }: Sendable, nowMs: number): object {
  const sent = queue.model.send(message, nowMs);
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: sent.md5OfBody,
    ...(message.attributes === undefined
      ? {}
      : { MD5OfMessageAttributes: md5OfAttributes(message.attributes) }),
    ...(queue.settings.fifo ? { SequenceNumber: sent.sequenceNumber } : {}),
  };
}

function readMessage(queue: ServedQueue, input: Input): Sendable {
  const body = readString(input, "MessageBody");
  const attributes = readMessageAttributes(input);
  const bytes = Buffer.byteLength(body) + bytesOf(attributes);
  if (body === "") throw missingParameter("MessageBody");
  if (bytes > queue.settings.messageBytes) {
    const limit = queue.settings.messageBytes;
    const reason = `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`;
    throw new SqsFault("InvalidParameterValue", reason);
  }
  if (!ALLOWED_CHARACTERS.test(body)) {
    throw new SqsFault("InvalidMessageContents", "Invalid characters found in the message body.");
  }
  const common = { body, ...(Object.keys(attributes).length === 0 ? {} : { attributes }) };
  const delaySeconds = readOptionalInteger(input, "DelaySeconds", [0, 900]);
  if (!queue.settings.fifo) {
    refuseParameter(input, "MessageDeduplicationId");
    const delayMs = delaySeconds === undefined ? queue.settings.delayMs : delaySeconds * 1000;
    return { message: { ...common, delayMs }, bytes };
  }
  if (delaySeconds !== undefined && delaySeconds > 0) refuseParameter(input, "DelaySeconds");
  const groupId = readId(input, "MessageGroupId");
  if (groupId === undefined) throw missingParameter("MessageGroupId");
  const deduplicationId = readId(input, "MessageDeduplicationId") ?? contentId(queue, body);
  const { deduplicationScope, delayMs } = queue.settings;
  return { message: { ...common, groupId, deduplicationId, deduplicationScope, delayMs }, bytes };
}

function contentId(queue: ServedQueue, body: string): string {
  if (queue.settings.contentBasedDeduplication) return createHash("sha256").update(body).digest("hex");
  const reason =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
  throw new SqsFault("InvalidParameterValue", reason);
}

function readId(input: Input, name: string): string | undefined {
  const id = readOptionalString(input, name);
  if (id === undefined || /^[\x21-\x7e]{1,128}$/.test(id)) return id;
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidParameter(name, id, reason);
}

function refuseParameter(input: Input, name: string): void {
  const reason = "The request include parameter that is not valid for this queue type.";
  if ((input[name] ?? undefined) !== undefined) throw invalidParameter(name, input[name], reason);
}

function readMessageAttributes(input: Input): MessageAttributes {
  const given = readObject(input, "MessageAttributes");
  const attributes: { [name: string]: MessageAttribute } = {};
  for (const name of Object.keys(given))
    attributes[name] = readMessageAttribute(readObject(given, name), name);
  if (Object.keys(attributes).length <= ATTRIBUTES_LIMIT) return attributes;
  throw new SqsFault(
    "InvalidParameterValue",
    `Number of message attributes exceeds the allowed maximum [${ATTRIBUTES_LIMIT}].`,
  );
}

function readMessageAttribute(given: Input, name: string): MessageAttribute {
  const DataType = readString(given, "DataType");
  const text = readOptionalString(given, "StringValue");
  const binary = readOptionalString(given, "BinaryValue");
  const kind = /^(String|Number|Binary)(?:\.|$)/.exec(DataType)?.[1];
  if (kind === "Binary" && binary !== undefined) return { DataType, BinaryValue: binary };
  if ((kind === "String" || kind === "Number") && text !== undefined && text !== "")
    return { DataType, StringValue: text };
  const reason = `The message attribute '${name}' must contain a supported type with a value of that type.`;
  throw new SqsFault("InvalidParameterValue", reason);
}

function bytesOf(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, { DataType, StringValue = "", BinaryValue = "" }] of Object.entries(attributes)) {
    const value = Buffer.byteLength(StringValue) + Buffer.byteLength(BinaryValue, "base64");
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType) + value;
  }
  return bytes;
}
