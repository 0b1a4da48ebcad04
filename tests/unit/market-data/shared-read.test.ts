import { beforeEach, describe, expect, test } from "vitest";
import { SharedRead, SharedReads } from "../../../lib/market-data/shared-read.ts";
import { VirtualClock } from "../../simulation/effects.ts";

let clock: VirtualClock;
let reads: number;

beforeEach(() => {
  clock = new VirtualClock();
  reads = 0;
});

const count = async (): Promise<number> => ++reads;

describe("a shared read", () => {
  test("answers all who asked before it began, and those who ask while it is under way are given the next one", async () => {
    const waiting: (() => void)[] = [];
    const shared = new SharedRead(
      async () => {
        const number = ++reads;
        await new Promise<void>((resolve) => waiting.push(resolve));
        return number;
      },
      { clock },
    );
    const early = [shared.get(), shared.get()];
    await Promise.resolve().then(() => undefined);
    await new Promise(setImmediate);
    const late = [shared.get(), shared.get()];
    waiting.shift()?.();
    expect(await Promise.all(early)).toEqual([1, 1]);
    await new Promise(setImmediate);
    waiting.shift()?.();
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  test("is given again where too many are asked for, until the next is allowed", async () => {
    const shared = new SharedRead(count, { clock, burst: 2 });
    const numbers = [await shared.get(), await shared.get(), await shared.get()];
    clock.advance(99);
    numbers.push(await shared.get());
    clock.advance(1);
    numbers.push(await shared.get(), await shared.get());
    expect(numbers).toEqual([1, 2, 2, 2, 3, 3]);
  });

  test("that failed is tried again by whoever asks next", async () => {
    const shared = new SharedRead(
      async () => {
        if (++reads === 1) throw new Error("away");
        return reads;
      },
      { clock },
    );
    await expect(shared.get()).rejects.toThrow("away");
    expect(await shared.get()).toBe(2);
  });
});

describe("shared reads by name", () => {
  test("are each for itself, and the oldest name is forgotten where there are many", async () => {
    const shared = new SharedReads<number>();
    const busy = { clock, burst: 1 };
    expect(await shared.get("a", count, busy)).toBe(1);
    expect(await shared.get("b", count, busy)).toBe(2);
    expect(await shared.get("a", count, busy)).toBe(1);
    for (let index = 0; index < 100; index++) await shared.get(`other ${index}`, count, busy);
    expect(await shared.get("a", count, busy)).toBe(103);
  });
});
