import { type Action, arnOf, type Call, queueOf, urlOf } from "./call.ts";
import { invalidParameter } from "./faults.ts";
import { readObject, readOptionalInteger, readOptionalString, readString, readStrings } from "./input.ts";
import { readAttributes } from "./queue-attributes.ts";
import type { ServedQueue } from "./queue-registry.ts";

const LIST_LIMIT = 1000;

const createQueue: Action = (call) => {
  const name = readString(call.input, "QueueName");
  const attributes = readAttributes(readObject(call.input, "Attributes"));
  const fifo = attributes.FifoQueue === "true";
  if (!/^[\w-]{1,80}$/.test(name.replace(/\.fifo$/, "")) || name.length > 80) {
    const reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    throw invalidParameter("QueueName", name, reason);
  }
  if (fifo !== name.endsWith(".fifo")) {
    throw invalidParameter("QueueName", name, "The name of a FIFO queue, and of no other, ends with .fifo.");
  }
  return { QueueUrl: urlOf(call, call.registry.create(name, attributes)) };
};

const getQueueUrl: Action = (call) => {
  return { QueueUrl: urlOf(call, call.registry.get(readString(call.input, "QueueName"))) };
};

const listQueues: Action = (call) => {
  const queues = call.registry.list(readOptionalString(call.input, "QueueNamePrefix") ?? "");
  const limit = readOptionalInteger(call.input, "MaxResults", [1, LIST_LIMIT]) ?? LIST_LIMIT;
  return { QueueUrls: queues.slice(0, limit).map((queue) => urlOf(call, queue)) };
};

const getQueueAttributes: Action = (call) => {
  const queue = queueOf(call);
  const all = allAttributes(call, queue);
  const wanted = readStrings(call.input, "AttributeNames");
  const chosen = Object.entries(all).filter(([name]) => wanted.includes("All") || wanted.includes(name));
  return { Attributes: Object.fromEntries(chosen) };
};

const setQueueAttributes: Action = (call) => {
  call.registry.configure(queueOf(call), readAttributes(readObject(call.input, "Attributes")));
  return {};
};

const purgeQueue: Action = (call) => {
  queueOf(call).model.purge();
  return {};
};

const deleteQueue: Action = (call) => {
  call.registry.delete(queueOf(call));
  return {};
};

export const QUEUE_ACTIONS: { readonly [name: string]: Action } = {
  CreateQueue: createQueue,
  GetQueueUrl: getQueueUrl,
  ListQueues: listQueues,
  GetQueueAttributes: getQueueAttributes,
  SetQueueAttributes: setQueueAttributes,
  PurgeQueue: purgeQueue,
  DeleteQueue: deleteQueue,
};

function allAttributes(call: Call, queue: ServedQueue): { readonly [name: string]: string } {
  const counts = queue.model.counts(call.nowMs());
  return {
    ...queue.attributes,
    QueueArn: arnOf(call, queue.name),
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(queue.createdSeconds),
    LastModifiedTimestamp: String(queue.createdSeconds),
  };
}
