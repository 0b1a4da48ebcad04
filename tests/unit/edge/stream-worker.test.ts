import type { Context, DynamoDBStreamEvent, ScheduledEvent } from "aws-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { projectWoken } from "../../../lib/edge/stream-worker.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";

/** A market's projector with work for so many milliseconds. */
type Work = { left: number; served: number; readonly fails?: boolean };

const TIMEOUT_MS = 30_000;
const EVERY_MINUTE = {} as ScheduledEvent;
let clock: VirtualClock;
let log: RecordingLog;
let order: string[];

beforeEach(() => {
  clock = new VirtualClock();
  log = new RecordingLog();
  order = [];
});

function projectorsOf(markets: { readonly [market: string]: Work }) {
  return new Map(
    Object.entries(markets).map(([market, work]) => [
      market,
      {
        run: async (deadlineMs: number) => {
          order.push(market);
          work.served++;
          if (work.fails) throw new Error("damaged");
          const spent = Math.min(work.left, Math.max(deadlineMs - clock.nowMs(), 1));
          clock.advance(spent);
          work.left -= spent;
          return work.left <= 0;
        },
      },
    ]),
  );
}

type Projectors = ReturnType<typeof projectorsOf>;

async function wake(projectors: Projectors, event: DynamoDBStreamEvent | ScheduledEvent = EVERY_MINUTE) {
  const startMs = clock.nowMs();
  const context = { getRemainingTimeInMillis: () => TIMEOUT_MS - (clock.nowMs() - startMs) } as Context;
  await projectWoken({ event, context, projectors }, { clock, log });
  return clock.nowMs() - startMs;
}

const work = (left: number): Work => ({ left, served: 0 });

function told(...markets: readonly string[]): DynamoDBStreamEvent {
  return {
    Records: markets.map((market) => ({
      dynamodb: { Keys: { pk: { S: market }, sk: { S: "000000000001" } } },
    })),
  };
}

describe("waking projectors", () => {
  it("serves the markets that the stream tells of, each once, and on schedule all", async () => {
    const markets = { A: work(1), B: work(1), C: work(1) };
    const projectors = projectorsOf(markets);
    await wake(projectors, told("C", "A", "C", "unknown"));
    expect(order.toSorted()).toEqual(["A", "C"]);
    await wake(projectors);
    expect(order.slice(2).toSorted()).toEqual(["A", "B", "C"]);
  });

  it("gives a market that is days behind its share of the time, and the others theirs", async () => {
    const markets = { BEHIND: work(10_000_000), B: work(200), C: work(200) };
    const projectors = projectorsOf(markets);
    expect(await wake(projectors)).toBeLessThanOrEqual(TIMEOUT_MS - 5_000 + 10);
    expect(markets.B.left).toBe(0);
    expect(markets.C.left).toBe(0);
    // What the others do not need is not lost.
    expect(10_000_000 - markets.BEHIND.left).toBeGreaterThan(24_000);
  });

  it("shares the time equally between several that are far behind", async () => {
    const markets = { A: work(1_000_000), B: work(1_000_000), C: work(1_000_000), D: work(10) };
    await wake(projectorsOf(markets));
    const done = [markets.A, markets.B, markets.C].map(({ left }) => 1_000_000 - left);
    expect(Math.max(...done) - Math.min(...done)).toBeLessThan(2_000);
    expect(markets.D.left).toBe(0);
  });

  it("begins with the one that was served longest ago", async () => {
    const markets = { A: work(1), B: work(1), C: work(1) };
    const projectors = projectorsOf(markets);
    await wake(projectors, told("A", "B"));
    order.length = 0;
    await wake(projectors, told("A", "B", "C"));
    expect(order).toEqual(["C", "A", "B"]);
  });

  it("tells of one market's failure after the others had their turn, and does not try it again at once", async () => {
    const markets = { BROKEN: { ...work(1), fails: true }, B: work(100), C: work(60_000) };
    await expect(wake(projectorsOf(markets))).rejects.toThrow("projection failed");
    expect(markets.B.left).toBe(0);
    expect(markets.BROKEN.served).toBe(1);
    expect(log.lines).toMatchObject([{ event: "projection_failed", fields: { market: "BROKEN" } }]);
  });
});
