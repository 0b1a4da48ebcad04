import { createRequire } from "node:module";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { takeBatch } from "../../../lib/edge/queue-worker.ts";
import type { Deadlines, Taken } from "../../../lib/matcher/matcher.ts";
import { deadlinesOf, QUEUE_CALL_MS, STORE_CALL_MS } from "../../../lib/matcher/time.ts";
import type { CommandQueue } from "../../../lib/ports/command-queue.ts";
import { StoreUnavailable } from "../../../lib/store/store.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";

const { matchers } = createRequire(import.meta.url)("../../../resources/markets.cjs") as {
  readonly matchers: { readonly [name: string]: { readonly timeout: number } };
};
const [matcherFunction] = Object.values(matchers);
const FUNCTION_MS = (matcherFunction?.timeout ?? 0) * 1_000;

type Redelivery = { readonly handles: readonly string[]; readonly seconds: number };

/** Gives three messages to a worker whose matcher ends as it is told, and shows what becomes of them. */
async function take(
  end: Taken | Error,
  { received = 1, redeliver }: { received?: number; redeliver?: CommandQueue["redeliver"] } = {},
) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const redeliveries: Redelivery[] = [];
  const queue: CommandQueue = {
    ...new InProcessExchange(new MemoryStore(), { clock }).queue,
    redeliver: redeliver ?? (async (_, handles, seconds) => void redeliveries.push({ handles, seconds })),
  };
  const Records = ["1", "2", "3"].map(
    (sequence) =>
      ({
        messageId: `M${sequence}`,
        receiptHandle: `R${sequence}`,
        body: "",
        eventSourceARN: "BTC-USDT",
        attributes: {
          SequenceNumber: sequence,
          SentTimestamp: "1",
          ApproximateReceiveCount: String(received),
        },
      }) as SQSRecord,
  );
  const matcher = {
    take: async () => {
      if (end instanceof Error) throw end;
      return end;
    },
  };
  const event: SQSEvent = { Records };
  const context = { getRemainingTimeInMillis: () => FUNCTION_MS };
  const { batchItemFailures } = await takeBatch(
    { event, context, matcherOf: () => matcher },
    { queue, clock, log },
  );
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { failed, redeliveries, events: log.lines.map(({ event: name }) => name) };
}

describe("a batch that ends", () => {
  test("with nothing left > is answered as done, and no message is touched", async () => {
    expect(await take({ completed: 3, ended: "all_done" })).toEqual({
      failed: [],
      redeliveries: [],
      events: [],
    });
  });

  test("because its time is up > makes what is left visible at once, however often it came", async () => {
    const left = { handles: ["R2", "R3"], seconds: 0 };
    for (const received of [1, 2, 7]) {
      const { failed, redeliveries } = await take({ completed: 1, ended: "time_up" }, { received });
      expect(failed).toEqual(["M2", "M3"]);
      expect(redeliveries).toEqual([left]);
    }
  });

  test("in the middle of its first command > makes all of it visible", async () => {
    const { failed, redeliveries } = await take({ completed: 0, ended: "time_up" });
    expect(failed).toEqual(["M1", "M2", "M3"]);
    expect(redeliveries).toEqual([{ handles: ["R1", "R2", "R3"], seconds: 0 }]);
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 3],
    [4, 4],
    [20, 4],
  ])("in trouble, delivered for the %i. time > pauses for %i seconds", async (received, seconds) => {
    const busy = await take({ completed: 2, ended: "store_busy" }, { received });
    expect(busy.redeliveries).toEqual([{ handles: ["R3"], seconds }]);
    const thrown = await take(new StoreUnavailable("away"), { received });
    expect(thrown.redeliveries).toEqual([{ handles: ["R1", "R2", "R3"], seconds }]);
    expect(thrown.events).toEqual(["batch_failed"]);
  });

  test("and whose messages cannot be made visible > is answered all the same", async () => {
    const redeliver = async (): Promise<void> => {
      throw new Error("nobody answers");
    };
    const { failed, events } = await take({ completed: 1, ended: "time_up" }, { redeliver });
    expect(failed).toEqual(["M2", "M3"]);
    expect(events).toEqual(["redelivery_not_set"]);
  });
});

describe("the time of the matching function", () => {
  const { recoverBy, planBy, commitBy }: Deadlines = deadlinesOf({ nowMs: 0, leftMs: FUNCTION_MS });

  test("holds the last call that may begin, and the one that makes messages visible", () => {
    const longestCall = Math.max(STORE_CALL_MS, QUEUE_CALL_MS);
    expect(commitBy + longestCall + QUEUE_CALL_MS).toBeLessThan(FUNCTION_MS);
  });

  test("leaves room to save a recovery, to plan, and to try a commit again", () => {
    expect(recoverBy).toBeGreaterThanOrEqual(FUNCTION_MS * 0.4);
    expect(commitBy - recoverBy).toBeGreaterThanOrEqual(STORE_CALL_MS);
    expect(planBy).toBeGreaterThanOrEqual(FUNCTION_MS * 0.6);
    expect(commitBy).toBeGreaterThan(planBy);
  });

  test("that is nearly over already > begins nothing", () => {
    expect(deadlinesOf({ nowMs: 0, leftMs: 1_000 }).planBy).toBeLessThan(0);
  });
});
