import { answerBatch } from "./batch.ts";
import { ACCOUNT, type Action, arnOf, type Call, queueOf } from "./call.ts";
import { invalidParameter, missingParameter, SqsFault } from "./faults.ts";
import { RECEIVE_LIMIT } from "./fifo-queue.ts";
import { type Input, readOptionalInteger, readOptionalString, readString, readStrings } from "./input.ts";
import { md5OfAttributes } from "./md5.ts";
import type { Delivery, MessageAttributes, StoredMessage } from "./message.ts";
import type { ServedQueue } from "./queue-registry.ts";

const VISIBILITY_SECONDS = [0, 43_200] as const;
const WAIT_SECONDS = [0, 20] as const;

const receiveMessage: Action = (call) => {
  const queue = queueOf(call);
  const { input } = call;
  const max = readOptionalInteger(input, "MaxNumberOfMessages", [1, RECEIVE_LIMIT]) ?? 1;
  const visibilitySeconds = readOptionalInteger(input, "VisibilityTimeout", VISIBILITY_SECONDS);
  const waitSeconds = readOptionalInteger(input, "WaitTimeSeconds", WAIT_SECONDS);
  const attemptId = readOptionalString(input, "ReceiveRequestAttemptId");
  const print = printer(call);
  const receive = (): object | undefined => {
    const visibilityTimeoutMs =
      visibilitySeconds === undefined ? queue.settings.visibilityTimeoutMs : visibilitySeconds * 1000;
    const attempt = attemptId === undefined ? {} : { attemptId };
    const deliveries = queue.model.receive(call.nowMs(), { max, visibilityTimeoutMs, ...attempt });
    return deliveries.length === 0 ? undefined : { Messages: deliveries.map(print) };
  };
  const waitMs = waitSeconds === undefined ? queue.settings.waitMs : waitSeconds * 1000;
  return waitMs === 0 ? (receive() ?? {}) : receiveWithin(call, queue, { receive, waitMs });
};

type One = (call: Call, queue: ServedQueue, input: Input) => void;

function single(act: One): Action {
  return (call) => {
    act(call, queueOf(call), call.input);
    return {};
  };
}

function batch(act: One): Action {
  return (call) => {
    const queue = queueOf(call);
    return answerBatch(call.input, () => (entry) => {
      act(call, queue, entry);
      return {};
    });
  };
}

export const RECEIVE_ACTIONS: { readonly [name: string]: Action } = {
  ReceiveMessage: receiveMessage,
  DeleteMessage: single(deleteOne),
  DeleteMessageBatch: batch(deleteOne),
  ChangeMessageVisibility: single(changeOne),
  ChangeMessageVisibilityBatch: batch(changeOne),
};

type PatientReceive = { readonly receive: () => object | undefined; readonly waitMs: number };

/** A client that has gone takes nothing: its messages would be hidden for a whole visibility timeout. */
function receiveWithin(call: Call, queue: ServedQueue, { receive, waitMs }: PatientReceive): Promise<object> {
  return new Promise((resolve, reject) => {
    const waiter = {
      tryNow: () => {
        if (call.isAbandoned()) return true;
        try {
          const answer = receive();
          if (answer !== undefined) resolve(answer);
          return answer !== undefined;
        } catch (fault) {
          reject(fault);
          return true;
        }
      },
      giveUp: () => resolve({}),
    };
    call.onAbandoned(queue.poll.wait(waiter, waitMs));
  });
}

function deleteOne(call: Call, queue: ServedQueue, input: Input): void {
  const handle = readString(input, "ReceiptHandle");
  const outcome = queue.model.delete(handle, call.nowMs());
  if (outcome === "invalid" || outcome === "expired") throw unusable(handle, outcome);
}

function changeOne(call: Call, queue: ServedQueue, input: Input): void {
  const handle = readString(input, "ReceiptHandle");
  const seconds = readOptionalInteger(input, "VisibilityTimeout", VISIBILITY_SECONDS);
  if (seconds === undefined) throw missingParameter("VisibilityTimeout");
  const outcome = queue.model.changeVisibility(handle, seconds * 1000, call.nowMs());
  if (outcome === "not_in_flight") throw new SqsFault("MessageNotInflight", "The message is not in flight.");
  if (outcome !== "changed") throw unusable(handle, outcome);
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

function printer(call: Call): (delivery: Delivery) => object {
  const systemNames = new Set([
    ...readStrings(call.input, "MessageSystemAttributeNames"),
    ...readStrings(call.input, "AttributeNames"),
  ]);
  const names = readStrings(call.input, "MessageAttributeNames");
  return ({ message, receiptHandle }) => {
    const system = Object.entries(systemAttributes(call, message)).filter(
      ([name]) => systemNames.has("All") || systemNames.has(name),
    );
    const attributes = chosenAttributes(message.attributes ?? {}, names);
    const some = Object.keys(attributes).length > 0;
    return {
      MessageId: message.messageId,
      ReceiptHandle: receiptHandle,
      MD5OfBody: message.md5OfBody,
      Body: message.body,
      ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
      ...(some ? { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) } : {}),
    };
  };
}

function systemAttributes(call: Call, message: StoredMessage): { readonly [name: string]: string } {
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

/** A name, the beginning of a name before `.*`, or all. */
function chosenAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  if (names.length === 0) return {};
  const isChosen = (attribute: string): boolean =>
    names.some(
      (name) =>
        name === "All" ||
        name === attribute ||
        (name.endsWith(".*") && attribute.startsWith(name.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isChosen(name)));
}
