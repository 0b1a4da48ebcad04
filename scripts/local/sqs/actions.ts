import * as z from "zod";
import { answerBatch, type Prepare } from "./batch.ts";
import { invalidParameter } from "./faults.ts";
import { input, integer, read, text, texts } from "./input.ts";
import { ACCOUNT, arnOf, type Call, chosen, hide, receive, remove, send } from "./message-actions.ts";
import { readAttributes } from "./queue-attributes.ts";
import type { ServedQueue } from "./queue-registry.ts";

/** What it returns is the answer's JSON. Refusals are thrown as `SqsFault`. */
type Action = (call: Call) => object | Promise<object>;
type OfQueue = (queue: ServedQueue, call: Call) => object | Promise<object>;
type OfMessage = (queue: ServedQueue, call: Call) => Prepare;

const LIST_LIMIT = 1000;
const named = z.object({ QueueName: text });
const located = z.object({ QueueUrl: text });
const attributed = z.object({ Attributes: input.default({}) });
const listed = z.object({
  QueueNamePrefix: text.default(""),
  MaxResults: integer(1, LIST_LIMIT).default(LIST_LIMIT),
});
const asked = z.object({ AttributeNames: texts });
export const ACTIONS: { readonly [name: string]: Action } = {
  CreateQueue: (call) => {
    const { QueueName } = read(named, call.input);
    const attributes = readAttributes(read(attributed, call.input).Attributes);
    if (!/^[\w-]{1,80}$/.test(QueueName.replace(/\.fifo$/, "")) || QueueName.length > 80) {
      const reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
      throw invalidParameter("QueueName", QueueName, reason);
    }
    if ((attributes.FifoQueue === "true") !== QueueName.endsWith(".fifo")) {
      const reason = "The name of a FIFO queue, and of no other, ends with .fifo.";
      throw invalidParameter("QueueName", QueueName, reason);
    }
    return { QueueUrl: urlOf(call, call.registry.create(QueueName, attributes)) };
  },
  GetQueueUrl: (call) => ({
    QueueUrl: urlOf(call, call.registry.get(read(named, call.input).QueueName)),
  }),
  ListQueues: (call) => {
    const { QueueNamePrefix, MaxResults } = read(listed, call.input);
    const queues = call.registry.list(QueueNamePrefix).slice(0, MaxResults);
    return { QueueUrls: queues.map((queue) => urlOf(call, queue)) };
  },
  GetQueueAttributes: ofQueue((queue, call) => {
    const { AttributeNames } = read(asked, call.input);
    return { Attributes: chosen(allAttributes(queue, call), AttributeNames) };
  }),
  SetQueueAttributes: ofQueue((queue, { registry, input }) => {
    registry.configure(queue, readAttributes(read(attributed, input).Attributes));
    return {};
  }),
  PurgeQueue: ofQueue(({ model }) => {
    model.purge();
    return {};
  }),
  DeleteQueue: ofQueue((queue, { registry }) => {
    registry.delete(queue);
    return {};
  }),
  SendMessage: single(send),
  SendMessageBatch: batch(send),
  ReceiveMessage: ofQueue(receive),
  DeleteMessage: single(remove),
  DeleteMessageBatch: batch(remove),
  ChangeMessageVisibility: single(hide),
  ChangeMessageVisibilityBatch: batch(hide),
};

/** By the last part of the URL alone, so that a URL stays good when the server moves to another port. */
function ofQueue(act: OfQueue): Action {
  return (call) => {
    const { QueueUrl } = read(located, call.input);
    return act(call.registry.get(QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1)), call);
  };
}

function single(prepare: OfMessage): Action {
  return ofQueue((queue, call) => prepare(queue, call)(call.input).carryOut());
}

function batch(prepare: OfMessage): Action {
  return ofQueue((queue, call) => answerBatch(call.input, prepare(queue, call)));
}

function allAttributes({ name, attributes, model, createdSeconds }: ServedQueue, call: Call): object {
  const counts = model.counts(call.nowMs());
  return {
    ...attributes,
    QueueArn: arnOf(call, name),
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(createdSeconds),
    LastModifiedTimestamp: String(createdSeconds),
  };
}

function urlOf({ endpoint }: Call, { name }: ServedQueue): string {
  return `${endpoint}/${ACCOUNT}/${name}`;
}
