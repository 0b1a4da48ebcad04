import { describe, expect, it } from "vitest";
import { inLanes, MAPPED } from "../../../../scripts/aws-model/consumers.ts";
import type { Arrival } from "../../../../scripts/aws-model/market-queue.ts";
import { MarketQueue } from "../../../../scripts/aws-model/market-queue.ts";
import { run } from "../../../../scripts/throughput/run.ts";

const arrival = (tag: string): Arrival<string> => ({
  command: { id: tag, correlationId: tag, sequence: "0", timeMs: 0, command: undefined },
  sentMs: 0,
  tag,
});
const tagsOf = (arrivals: readonly Arrival<string>[]) => arrivals.map(({ tag }) => tag);

describe("a market's queue in virtual time", () => {
  it("gives ten of each lane, and the same ones again until they are deleted", () => {
    const queue = new MarketQueue<string>(2);
    for (let index = 0; index < 12; index++) {
      queue.send(arrival(`A${index}`), 0);
      if (index < 3) queue.send(arrival(`B${index}`), 1);
    }
    const first = queue.next();
    expect(tagsOf(first).filter((tag) => tag.startsWith("A"))).toEqual(
      Array.from({ length: 10 }, (_, index) => `A${index}`),
    );
    expect(tagsOf(first)).toHaveLength(13);
    expect(queue.next()).toEqual(first);
    queue.delete(new Set(first));
    expect(tagsOf(queue.next())).toEqual(["A10", "A11"]);
  });

  it("wakes whoever waits for the next command", async () => {
    const queue = new MarketQueue<string>(1);
    const woken = queue.arrival();
    queue.send(arrival("A"), 0);
    await woken;
    expect(queue.isEmpty).toBe(false);
  });
});

describe("the exchange on AWS's latencies", () => {
  const load = { markets: 1, seconds: 6, seed: 7 };

  it("commits what comes at a low rate, each command after at least a call, a send, a hop and a commit", async () => {
    const { done, isKeptUp, outcomeMs, answerMs } = await run({ ...load, consumer: MAPPED, rate: 20 });
    expect(isKeptUp).toBe(true);
    expect(done).toBeGreaterThan(15);
    expect(Math.min(...answerMs)).toBeGreaterThan(15);
    expect(Math.min(...outcomeMs)).toBeGreaterThan(40);
  });

  it("falls behind where ten commands a cycle are not enough, and keeps up with four lanes", async () => {
    const [one, four] = [
      await run({ ...load, consumer: MAPPED, rate: 300 }),
      await run({ ...load, consumer: inLanes(4), rate: 300 }),
    ];
    expect(one.isKeptUp).toBe(false);
    expect(one.batch).toBeGreaterThan(9);
    expect(four.isKeptUp).toBe(true);
    expect(four.batch).toBeGreaterThan(10);
  });

  it("is the same for the same seed", async () => {
    const once = await run({ ...load, consumer: inLanes(2), rate: 50 });
    expect(await run({ ...load, consumer: inLanes(2), rate: 50 })).toEqual(once);
  });
});
