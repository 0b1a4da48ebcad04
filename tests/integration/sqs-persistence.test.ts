import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../scripts/local/ports.ts";
import {
  bodiesOf,
  createQueue,
  handleOf,
  newClient,
  numbered,
  receiveAll,
  sendAll,
} from "../support/sqs/client.ts";

const MAIN = new URL("../../scripts/local/sqs/main.ts", import.meta.url);

let directory: string;
let port: number;
let child: ChildProcess;
let client: SQSClient;

async function start(...more: readonly string[]): Promise<void> {
  child = run(...more);
  const [line] = await once(child.stdout ?? child, "data");
  expect(String(line)).toContain(`ready at http://127.0.0.1:${port}`);
}

function run(...more: readonly string[]): ChildProcess {
  return fork(MAIN, ["--port", `${port}`, ...more], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
}

async function stop(signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  const [code] = await once(child, "exit");
  return code;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "sqs-"));
  port = await freePort();
  await start("--data-dir", directory);
  client = newClient(`http://127.0.0.1:${port}`);
});
afterEach(async () => {
  client.destroy();
  if (child.exitCode === null && child.signalCode === null) await stop("SIGKILL");
  rmSync(directory, { recursive: true });
});

async function createdAt(QueueUrl: string): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["CreatedTimestamp"] }),
  );
  return Number(Attributes?.CreatedTimestamp);
}

describe("a server with a data directory", () => {
  test("killed without warning loses nothing that it acknowledged, and gives out again what was in flight", async () => {
    const queue = await createQueue(client, "kept.fifo", { FifoQueue: "true", VisibilityTimeout: "600" });
    const created = await createdAt(queue);
    await sendAll(client, queue, numbered("m", 1, 8));
    const batch = await receiveAll(client, queue, { MaxNumberOfMessages: 4 });
    for (const message of batch.slice(0, 2)) {
      await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(message) }));
    }
    await stop("SIGKILL");
    await start("--data-dir", directory);
    expect(await createdAt(queue)).toBe(created);
    const duplicate = {
      QueueUrl: queue,
      MessageBody: "m1",
      MessageGroupId: "g",
      MessageDeduplicationId: "m1",
    };
    await client.send(new SendMessageCommand(duplicate));
    await sendAll(client, queue, ["m9"]);
    const again = await receiveAll(client, queue);
    expect(bodiesOf(again)).toEqual(numbered("m", 3, 9));
    expect(again.map((message) => message.Attributes?.ApproximateReceiveCount)).toEqual([
      "2",
      "2",
      "1",
      "1",
      "1",
      "1",
      "1",
    ]);
    const sequences = again.map((message) => message.Attributes?.SequenceNumber ?? "");
    expect([...sequences].sort()).toEqual(sequences);
    const stale = client.send(
      new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(batch[3]) }),
    );
    await expect(stale).rejects.toMatchObject({ Code: "InvalidParameterValue" });
  });

  test("killed while many send at once loses none of those that were answered", async () => {
    const queue = await createQueue(client, "busy.fifo", { FifoQueue: "true" });
    const acknowledged = new Set<string>();
    let alive = true;
    const send = async (sender: number): Promise<void> => {
      for (let number = 0; alive; number += 1) {
        const id = `${sender}-${number}`;
        const message = {
          QueueUrl: queue,
          MessageBody: id,
          MessageGroupId: `g${sender}`,
          MessageDeduplicationId: id,
        };
        try {
          await client.send(new SendMessageCommand(message));
          acknowledged.add(id);
        } catch {
          return;
        }
      }
    };
    const senders = Array.from({ length: 8 }, (_, sender) => send(sender));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stop("SIGKILL");
    alive = false;
    await Promise.all(senders);
    await start("--data-dir", directory);
    const received = new Set<string>();
    for (
      let batch = await receiveAll(client, queue);
      batch.length > 0;
      batch = await receiveAll(client, queue)
    ) {
      for (const message of batch) {
        received.add(message.Body ?? "");
        await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: handleOf(message) }));
      }
    }
    expect(acknowledged.size).toBeGreaterThan(20);
    expect([...acknowledged].filter((id) => !received.has(id))).toEqual([]);
  });

  test("remembers across restarts that a queue was deleted, and the one made anew is a later one", async () => {
    const queue = await createQueue(client, "gone.fifo", { FifoQueue: "true" });
    const created = await createdAt(queue);
    await client.send(new DeleteQueueCommand({ QueueUrl: queue }));
    for (let restart = 0; restart < 2; restart += 1) {
      expect(await stop("SIGTERM")).toBe(0);
      await start("--data-dir", directory);
    }
    await expect(createdAt(queue)).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    await createQueue(client, "gone.fifo", { FifoQueue: "true" });
    expect(await createdAt(queue)).toBeGreaterThan(created);
  });
});

describe("the process", () => {
  test("says that its port is taken, and exits with 1", async () => {
    const second = run();
    const [[text], [code]] = await Promise.all([once(second.stderr ?? second, "data"), once(second, "exit")]);
    expect(String(text)).toContain(`port ${port} is taken`);
    expect(code).toBe(1);
  });

  test("ends on SIGTERM and SIGINT with 0, also while a client waits, who is answered", async () => {
    const queue = await createQueue(client, "waiting.fifo", { FifoQueue: "true" });
    const waiting = receiveAll(client, queue, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await stop("SIGTERM")).toBe(0);
    expect(await waiting).toEqual([]);
    await start();
    expect(await stop("SIGINT")).toBe(0);
  });

  test("ends when its parent has gone", async () => {
    child.disconnect();
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
