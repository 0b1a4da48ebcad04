import { describe, expect, test } from "vitest";
import type { FifoQueue } from "../../../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery, StoredMessage } from "../../../../scripts/local/sqs/message.ts";
import { newQueue } from "../../../support/sqs/new-queue.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TIMEOUT = 30 * SECOND;

function fill(queue: FifoQueue, group: string, from: number, to: number, nowMs = 0): void {
  for (let number = from; number <= to; number += 1) {
    queue.send({ groupId: group, deduplicationId: `${group}${number}`, body: `${group}${number}` }, nowMs);
  }
}

function receive(queue: FifoQueue, nowMs: number, max = 10): readonly Delivery[] {
  return queue.receive(nowMs, { max, visibilityTimeoutMs: TIMEOUT });
}

function bodies(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map((delivery) => delivery.message.body);
}

function at(deliveries: readonly Delivery[], position: number): Delivery {
  const delivery = deliveries[position];
  if (delivery === undefined) throw new Error(`nothing was delivered at position ${position}`);
  return delivery;
}

describe("send", () => {
  test("sequence numbers have 20 digits and increase, though not by one", () => {
    const queue = newQueue();
    const first = queue.send({ groupId: "a", deduplicationId: "1", body: "x" }, 0);
    const second = queue.send({ groupId: "b", deduplicationId: "2", body: "x" }, 0);
    expect(first.sequenceNumber).toMatch(/^\d{20}$/);
    expect(BigInt(second.sequenceNumber)).toBeGreaterThan(BigInt(first.sequenceNumber) + 1n);
  });

  test("the digest of the body is its MD5", () => {
    expect(newQueue().send({ groupId: "a", deduplicationId: "1", body: "hello" }, 0).md5OfBody).toBe(
      "5d41402abc4b2a76b9719d911017c592",
    );
  });

  test("a duplicate within five minutes is answered with the first one's ids and not enqueued", () => {
    const queue = newQueue();
    const first = queue.send({ groupId: "a", deduplicationId: "same", body: "first" }, 0);
    const again = queue.send({ groupId: "b", deduplicationId: "same", body: "second" }, 5 * MINUTE - 1);
    expect(again).toMatchObject({
      messageId: first.messageId,
      sequenceNumber: first.sequenceNumber,
      duplicate: true,
    });
    expect(again.md5OfBody).not.toBe(first.md5OfBody);
    expect(bodies(receive(queue, 5 * MINUTE))).toEqual(["first"]);
  });

  test("a duplicate does not lengthen the five minutes, after which the id is new again", () => {
    const queue = newQueue();
    queue.send({ groupId: "a", deduplicationId: "same", body: "first" }, 0);
    queue.send({ groupId: "a", deduplicationId: "same", body: "second" }, 4 * MINUTE);
    expect(queue.send({ groupId: "a", deduplicationId: "same", body: "third" }, 5 * MINUTE).duplicate).toBe(
      false,
    );
    expect(bodies(receive(queue, 5 * MINUTE))).toEqual(["first", "third"]);
  });

  test("an id stays known after its message was deleted, and after a purge", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 2);
    queue.delete(at(receive(queue, 0, 1), 0).receiptHandle, 0);
    queue.purge();
    fill(queue, "a", 1, 2, MINUTE);
    expect(queue.counts(MINUTE)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test("with the scope of the group, the same id in two groups is two messages", () => {
    const queue = newQueue();
    for (const groupId of ["a", "b", "a"]) {
      queue.send({ groupId, deduplicationId: "same", deduplicationScope: "group", body: groupId }, 0);
    }
    expect(bodies(receive(queue, 0))).toEqual(["a", "b"]);
  });
});

describe("receive", () => {
  test("takes ten of one group in the order of sending, then nothing while one of them is in flight", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 12);
    const batch = receive(queue, 0);
    expect(bodies(batch)).toEqual(["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"]);
    for (const delivery of batch.slice(0, 9)) queue.delete(delivery.receiptHandle, 1);
    expect(receive(queue, 1)).toEqual([]);
    queue.delete(at(batch, 9).receiptHandle, 1);
    expect(bodies(receive(queue, 1))).toEqual(["a11", "a12"]);
  });

  test("a locked group does not lock another", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 2);
    fill(queue, "b", 1, 2);
    expect(bodies(receive(queue, 0, 1))).toEqual(["a1"]);
    expect(bodies(receive(queue, 0))).toEqual(["b1", "b2"]);
  });

  test("fills up from the group with the oldest message first", () => {
    const queue = newQueue();
    fill(queue, "b", 1, 1);
    fill(queue, "a", 1, 4);
    fill(queue, "b", 2, 3);
    expect(bodies(receive(queue, 0, 5))).toEqual(["b1", "b2", "b3", "a1", "a2"]);
  });

  test("what was not deleted in time comes again in order, counted, with another receipt", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 4);
    const first = receive(queue, 5);
    queue.delete(at(first, 1).receiptHandle, 6);
    expect(receive(queue, 5 + TIMEOUT - 1)).toEqual([]);
    const again = receive(queue, 5 + TIMEOUT);
    expect(bodies(again)).toEqual(["a1", "a3", "a4"]);
    expect(at(again, 0).message).toMatchObject({ receiveCount: 2, firstReceivedAtMs: 5, sentAtMs: 0 });
    expect(at(again, 0).receiptHandle).not.toBe(at(first, 0).receiptHandle);
  });

  test("a delayed message is not visible before its time and holds up what was sent after it", () => {
    const queue = newQueue();
    queue.send({ groupId: "a", body: "late", delayMs: 10 }, 0);
    queue.send({ groupId: "a", body: "next" }, 0);
    expect(queue.counts(9)).toMatchObject({ delayed: 1, visible: 1 });
    expect(queue.nextOpeningMs(0)).toBe(10);
    expect(receive(queue, 9)).toEqual([]);
    expect(bodies(receive(queue, 10))).toEqual(["late", "next"]);
  });

  test("more than ten, or none, is refused", () => {
    expect(() => receive(newQueue(), 0, 11)).toThrow(RangeError);
    expect(() => receive(newQueue(), 0, 0)).toThrow(RangeError);
  });

  test("the same attempt again gives the same receipts and a fresh timeout, not another count", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 3);
    const attempt = { max: 2, visibilityTimeoutMs: TIMEOUT, attemptId: "try" };
    const first = queue.receive(0, attempt);
    const again = queue.receive(TIMEOUT - 1, attempt);
    expect(again.map((delivery) => delivery.receiptHandle)).toEqual(
      first.map((delivery) => delivery.receiptHandle),
    );
    expect(at(again, 0).message.receiveCount).toBe(1);
    expect(receive(queue, TIMEOUT)).toEqual([]);
    expect(bodies(receive(queue, 2 * TIMEOUT - 1))).toEqual(["a1", "a2", "a3"]);
  });

  test("the same attempt after a message of it was deleted gives none of the old ones", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 2);
    const attempt = { max: 10, visibilityTimeoutMs: TIMEOUT, attemptId: "try" };
    queue.delete(at(queue.receive(0, attempt), 0).receiptHandle, 1);
    expect(queue.receive(2, attempt)).toEqual([]);
  });

  test("the same attempt after the visibility of a message of it was changed is a new one", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 2);
    const attempt = { max: 10, visibilityTimeoutMs: TIMEOUT, attemptId: "try" };
    queue.changeVisibility(at(queue.receive(0, attempt), 0).receiptHandle, 2 * TIMEOUT, 1);
    expect(queue.receive(2, attempt)).toEqual([]);
  });
});

describe("delete", () => {
  test("with a receipt whose time is over has no effect", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 1);
    const first = at(receive(queue, 0), 0).receiptHandle;
    expect(queue.delete(first, TIMEOUT)).toBe("expired");
    const second = at(receive(queue, TIMEOUT), 0).receiptHandle;
    expect(queue.delete(first, TIMEOUT)).toBe("expired");
    expect(queue.delete(second, TIMEOUT)).toBe("deleted");
    expect(queue.delete(second, TIMEOUT)).toBe("gone");
  });

  test("refuses a receipt of another queue, and what is no receipt", () => {
    const queue = newQueue();
    const other = newQueue({ identity: "other" });
    fill(other, "a", 1, 1);
    expect(queue.delete(at(receive(other, 0), 0).receiptHandle, 0)).toBe("invalid");
    expect(queue.delete("nonsense", 0)).toBe("invalid");
    expect(queue.changeVisibility("queue/1/1", 0, 0)).toBe("invalid");
  });
});

describe("change the visibility", () => {
  test("to 0 makes a batch visible at once, in order, and its receipts worthless", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 3);
    const first = receive(queue, 0);
    for (const delivery of first)
      expect(queue.changeVisibility(delivery.receiptHandle, 0, 1)).toBe("changed");
    expect(queue.delete(at(first, 0).receiptHandle, 1)).toBe("expired");
    expect(bodies(receive(queue, 1))).toEqual(["a1", "a2", "a3"]);
  });

  test("of one message does not open the group while another is in flight", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 3);
    queue.changeVisibility(at(receive(queue, 0, 2), 0).receiptHandle, 0, 1);
    expect(queue.counts(1)).toMatchObject({ visible: 2, inFlight: 1 });
    expect(queue.nextOpeningMs(1)).toBe(TIMEOUT);
    expect(receive(queue, 1)).toEqual([]);
    expect(bodies(receive(queue, TIMEOUT))).toEqual(["a1", "a2", "a3"]);
  });

  test("counts from now, and can lengthen", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 1);
    const { receiptHandle } = at(receive(queue, 0), 0);
    queue.changeVisibility(receiptHandle, TIMEOUT, TIMEOUT - 1);
    expect(queue.delete(receiptHandle, 2 * TIMEOUT - 2)).toBe("deleted");
  });

  test("is refused for what is not in flight, was received since, or is deleted", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 1);
    const first = at(receive(queue, 0), 0).receiptHandle;
    expect(queue.changeVisibility(first, 1, TIMEOUT)).toBe("not_in_flight");
    const second = at(receive(queue, TIMEOUT), 0).receiptHandle;
    expect(queue.changeVisibility(first, 1, TIMEOUT)).toBe("expired");
    queue.delete(second, TIMEOUT);
    expect(queue.changeVisibility(second, 1, TIMEOUT)).toBe("gone");
  });
});

describe("a standard queue, whose messages have no group", () => {
  test("locks nothing, and its newest receipt outlives its time", () => {
    const queue = newQueue();
    for (const body of ["1", "2", "3"]) queue.send({ body }, 0);
    expect(bodies(receive(queue, 0, 1))).toEqual(["1"]);
    const rest = receive(queue, 0);
    expect(bodies(rest)).toEqual(["2", "3"]);
    expect(queue.delete(at(rest, 0).receiptHandle, TIMEOUT)).toBe("deleted");
    expect(bodies(receive(queue, TIMEOUT))).toEqual(["1", "3"]);
    expect(queue.delete(at(rest, 1).receiptHandle, TIMEOUT)).toBe("gone");
    expect(queue.counts(TIMEOUT)).toMatchObject({ inFlight: 2 });
  });
});

describe("redrive", () => {
  test("a message that was received too often is handed over, and the next one takes its place", () => {
    const letters: StoredMessage[] = [];
    const dead = newQueue({ identity: "dead" });
    const deadLetter = (message: StoredMessage, nowMs: number): void => {
      letters.push(message);
      dead.acceptDeadLetter(message, "queue", nowMs);
    };
    const queue = newQueue({ redrive: () => ({ maxReceiveCount: 2, deadLetter }) });
    fill(queue, "a", 1, 2);
    receive(queue, 0, 1);
    receive(queue, TIMEOUT, 1);
    expect(bodies(receive(queue, 2 * TIMEOUT, 1))).toEqual(["a2"]);
    expect(letters.map((letter) => letter.receiveCount)).toEqual([2]);
    const letter = at(receive(dead, 2 * TIMEOUT), 0).message;
    expect(letter).toMatchObject({
      body: "a1",
      deadLetterSource: "queue",
      receiveCount: 1,
      sentAtMs: 2 * TIMEOUT,
    });
    expect(letter.messageId).toBe(letters[0]?.messageId);
  });
});

describe("release what is in flight", () => {
  test("opens the groups at once and leaves delayed messages alone", () => {
    const queue = newQueue();
    fill(queue, "a", 1, 2);
    const first = receive(queue, 0, 1);
    queue.send({ groupId: "b", body: "delayed", delayMs: MINUTE }, 0);
    queue.releaseInFlight();
    expect(queue.delete(at(first, 0).receiptHandle, 1)).toBe("expired");
    expect(bodies(receive(queue, 1))).toEqual(["a1", "a2"]);
  });
});

describe("counts", () => {
  test("tell visible, in flight, delayed and the age of the oldest", () => {
    const queue = newQueue();
    expect(queue.counts(0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    fill(queue, "a", 1, 3, 100);
    receive(queue, 200, 2);
    queue.send({ groupId: "b", body: "x", delayMs: 1000 }, 300);
    expect(queue.counts(400)).toEqual({ visible: 1, inFlight: 2, delayed: 1, oldestAgeMs: 300 });
  });
});

describe("a long backlog", () => {
  test("is drained in order, ten by ten, without slowing down", () => {
    const queue = newQueue();
    const messages = 20_000;
    fill(queue, "a", 1, messages);
    let next = 1;
    for (let batch = receive(queue, 0); batch.length > 0; batch = receive(queue, 0)) {
      for (const { message, receiptHandle } of batch) {
        expect(message.body).toBe(`a${next}`);
        next += 1;
        queue.delete(receiptHandle, 0);
      }
    }
    expect(next).toBe(messages + 1);
  });
});
