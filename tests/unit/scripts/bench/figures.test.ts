import { describe, expect, test } from "vitest";
import { CapacityMeter } from "../../../../scripts/bench/capacity.ts";
import { itemBytes } from "../../../../scripts/bench/item-size.ts";
import { figure, percentile, ratio } from "../../../../scripts/command/statistics.ts";

describe("percentile", () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);

  test("is a value that was measured, whatever the order of the values", () => {
    expect(percentile(values, 0.5)).toBe(100);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile([7], 0.99)).toBe(7);
  });

  test("of nothing is refused", () => {
    expect(() => percentile([], 0.5)).toThrow("nothing");
  });
});

test("figures have as many decimals as tell something", () => {
  expect([0.044, 1.5, 12.34, 1234.5].map(figure)).toEqual(["0.04", "1.50", "12.3", "1235"]);
  expect(ratio(3, 2)).toBe("1.50 x");
  expect(ratio(3, 0)).toBe("-");
});

describe("an item's size", () => {
  test("counts names and texts as UTF-8", () => {
    expect(itemBytes({ pk: "ab", sk: "é" })).toBe(2 + 2 + 2 + 2);
  });

  test("counts two digits of a number as a byte, and zeros at its end as nothing", () => {
    expect(itemBytes({ n: 1234n })).toBe(1 + 2 + 1);
    expect(itemBytes({ n: 1_234_000_000n })).toBe(1 + 2 + 1);
    expect(itemBytes({ n: -1234n })).toBe(1 + 2 + 1 + 1);
    expect(itemBytes({ n: 0n })).toBe(1 + 0 + 1);
  });

  test("counts what lists and maps hold, and their own bytes", () => {
    expect(itemBytes({ l: ["abc"] })).toBe(1 + 3 + 1 + 3);
    expect(itemBytes({ m: { k: true } })).toBe(1 + 3 + 1 + 1 + 1);
    expect(itemBytes({ b: new Uint8Array(9) })).toBe(1 + 9);
  });
});

describe("the capacity meter", () => {
  test("adds calls and units to what was being done, and write units to table and index", async () => {
    const meter = new CapacityMeter("bench");
    const write = {
      operation: "TransactWriteItems",
      capacity: [
        {
          TableName: "bench-orders",
          CapacityUnits: 3,
          GlobalSecondaryIndexes: { live: { CapacityUnits: 1 } },
        },
        { TableName: "bench-wallets", CapacityUnits: 2 },
      ],
    };
    await meter.during("reserve", async () => meter.note(write));
    await meter.during("cancel", async () => {
      meter.note({ operation: "GetItem", capacity: [{ TableName: "bench-orders", CapacityUnits: 1 }] });
    });
    expect(meter.usage("reserve")).toEqual({
      readCalls: 0,
      writeCalls: 1,
      readUnits: 0,
      writeUnits: 5,
      queueCalls: 0,
      written: new Map([
        ["orders.live", 1],
        ["orders", 2],
        ["wallets", 2],
      ]),
    });
    expect(meter.usage("cancel")).toMatchObject({ readCalls: 1, readUnits: 1, writeCalls: 0, writeUnits: 0 });
  });

  test("goes back to what was being done before, also after a failure", async () => {
    const meter = new CapacityMeter("bench");
    const read = { operation: "Query", capacity: [{ TableName: "bench-journal", CapacityUnits: 2 }] };
    await meter.during("outer", async () => {
      await expect(meter.during("inner", () => Promise.reject(new Error("failed")))).rejects.toThrow(
        "failed",
      );
      meter.note(read);
    });
    expect(meter.usage("outer").readUnits).toBe(2);
    expect(meter.usage("inner").readUnits).toBe(0);
  });
});
