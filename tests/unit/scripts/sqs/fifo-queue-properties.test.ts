import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FifoQueue } from "../../../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery, QueueChange, StoredMessage } from "../../../../scripts/local/sqs/message.ts";
import { newQueue } from "../../../support/sqs/new-queue.ts";

type Step =
  | { readonly kind: "send"; readonly group: number; readonly id: number; readonly delayMs: number }
  | { readonly kind: "receive"; readonly max: number; readonly timeoutMs: number; readonly attempt: number }
  | { readonly kind: "delete" | "hide"; readonly which: number; readonly timeoutMs: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "release" };

const timeout = fc.integer({ min: 0, max: 50 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("send"),
        group: fc.nat(2),
        id: fc.nat(60),
        delayMs: fc.constantFrom(0, 0, 0, 5),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("receive"),
        max: fc.integer({ min: 1, max: 10 }),
        timeoutMs: timeout,
        attempt: fc.nat(8),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant("delete"), which: fc.nat(200), timeoutMs: timeout }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("hide"), which: fc.nat(200), timeoutMs: timeout }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("release") }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 120, size: "max" },
);

/** What a person with pen and paper would know of the queue: every message sent, who holds what until when. */
type Known = { readonly message: StoredMessage; deleted: boolean; hiddenUntilMs: number };

class Observer {
  readonly queue: FifoQueue;
  readonly changes: QueueChange[] = [];
  readonly known: Known[] = [];
  readonly receipts: { readonly handle: string; readonly of: Known }[] = [];
  nowMs = 0;

  constructor() {
    this.queue = newQueue({
      onChange: (change) => {
        this.changes.push(change);
        if (change.kind === "sent") {
          this.known.push({ message: change.message, deleted: false, hiddenUntilMs: 0 });
        }
      },
    });
  }

  run(step: Step): void {
    switch (step.kind) {
      case "send": {
        const input = {
          groupId: `g${step.group}`,
          deduplicationId: `d${step.id}`,
          body: "x",
          delayMs: step.delayMs,
        };
        this.queue.send(input, this.nowMs);
        return;
      }
      case "receive": {
        const attempt = step.attempt > 5 ? { attemptId: `${step.attempt}` } : {};
        this.#received(
          this.queue.receive(this.nowMs, { max: step.max, visibilityTimeoutMs: step.timeoutMs, ...attempt }),
          step,
        );
        return;
      }
      case "delete": {
        const receipt = this.receipts[step.which % Math.max(1, this.receipts.length)];
        if (receipt === undefined) return;
        const outcome = this.queue.delete(receipt.handle, this.nowMs);
        if (outcome === "deleted") {
          expect(receipt.of.deleted).toBe(false);
          receipt.of.deleted = true;
        } else if (outcome === "gone") expect(receipt.of.deleted).toBe(true);
        return;
      }
      case "hide": {
        const receipt = this.receipts[step.which % Math.max(1, this.receipts.length)];
        if (receipt === undefined) return;
        const outcome = this.queue.changeVisibility(receipt.handle, step.timeoutMs, this.nowMs);
        if (outcome === "changed") receipt.of.hiddenUntilMs = this.nowMs + step.timeoutMs;
        return;
      }
      case "wait":
        this.nowMs += step.ms;
        return;
      case "release":
        this.queue.releaseInFlight();
        for (const one of this.known) one.hiddenUntilMs = 0;
        return;
    }
  }

  #received(deliveries: readonly Delivery[], step: Step & { readonly kind: "receive" }): void {
    const again = deliveries.every(({ receiptHandle }) =>
      this.receipts.some((receipt) => receipt.handle === receiptHandle),
    );
    for (const [group, taken] of Map.groupBy(deliveries, ({ message }) => message.groupId)) {
      const left = this.known.filter((one) => one.message.groupId === group && !one.deleted);
      // Order: what is delivered of a group is its oldest messages that are left, without a gap.
      expect(taken.map(({ message }) => message.messageId)).toEqual(
        left.slice(0, taken.length).map((one) => one.message.messageId),
      );
      // The lock: nothing of the group was in flight, unless a lost answer is repeated.
      if (!again) expect(left.filter((one) => one.hiddenUntilMs > this.nowMs)).toEqual([]);
    }
    for (const { message, receiptHandle } of deliveries) {
      const of = this.known.find((one) => one.message.messageId === message.messageId);
      if (of === undefined) throw new Error("delivered, but never sent");
      of.hiddenUntilMs = this.nowMs + step.timeoutMs;
      this.receipts.push({ handle: receiptHandle, of });
    }
  }

  /** Long after, everything that was not deleted can be received. */
  drain(): void {
    this.nowMs += 1_000_000;
    const drained: string[] = [];
    for (;;) {
      const batch = this.queue.receive(this.nowMs, { max: 10, visibilityTimeoutMs: 10 });
      if (batch.length === 0) break;
      for (const { message, receiptHandle } of batch) {
        drained.push(message.messageId);
        expect(this.queue.delete(receiptHandle, this.nowMs)).toBe("deleted");
      }
    }
    const left = this.known.filter((one) => !one.deleted).map((one) => one.message.messageId);
    expect(drained.sort()).toEqual(left.sort());
  }
}

function play(schedule: readonly Step[]): Observer {
  const observer = new Observer();
  for (const step of schedule) observer.run(step);
  return observer;
}

describe("after any schedule of calls", () => {
  test("order within a group held, no locked group was delivered from, nothing was lost or delivered after its deletion", () => {
    fc.assert(
      fc.property(steps, (schedule) => play(schedule).drain()),
      { numRuns: 1000 },
    );
  });

  test("the schedules do reach what they are to test", () => {
    const seen = { redelivered: 0, repeated: 0, duplicates: 0, expired: 0 };
    for (const schedule of fc.sample(steps, { numRuns: 200, seed: 7 })) {
      const observer = play(schedule);
      const sends = schedule.filter((step) => step.kind === "send").length;
      seen.duplicates += sends - observer.known.length;
      seen.redelivered += [...observer.queue.exportState().messages].filter(
        (message) => message.receiveCount > 1,
      ).length;
      seen.repeated += observer.changes.filter(
        (change) => change.kind === "visibility" && change.attemptId !== undefined,
      ).length;
      seen.expired += observer.receipts.filter(
        ({ handle }) => observer.queue.delete(handle, observer.nowMs) === "expired",
      ).length;
    }
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(10);
  });

  test("export, JSON and import give the same queue", () => {
    fc.assert(
      fc.property(steps, (schedule) => {
        const state = play(schedule).queue.exportState();
        const copy = newQueue({ sequenceStart: 0n });
        copy.importState(JSON.parse(JSON.stringify(state)));
        expect(copy.exportState()).toEqual(state);
      }),
    );
  });

  test("the changes it reported, applied in order to an empty queue, give the same queue", () => {
    fc.assert(
      fc.property(steps, (schedule) => {
        const { queue, changes } = play(schedule);
        const copy = newQueue();
        for (const change of changes) copy.apply(JSON.parse(JSON.stringify(change)));
        expect(copy.exportState()).toEqual(queue.exportState());
      }),
    );
  });
});
