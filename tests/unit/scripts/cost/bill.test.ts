import { describe, expect, it } from "vitest";
import { billOf, straightforwardBill, totalOf } from "../../../../scripts/cost/bill.ts";

const nothing = { readUnits: 0, writeUnits: 0 };

describe("the bill of a million orders", () => {
  it("charges 0.625 $ for each write unit of an order, and 0.125 $ for each read unit", () => {
    const without = totalOf(billOf({ call: nothing, reserve: nothing, match: nothing, project: nothing }));
    const some = billOf({
      call: { readUnits: 2, writeUnits: 0 },
      reserve: { readUnits: 0, writeUnits: 5 },
      match: { readUnits: 0, writeUnits: 4 },
      project: { readUnits: 0, writeUnits: 1 },
    });
    expect(totalOf(some) - without).toBeCloseTo(10 * 0.625 + 2 * 0.125, 10);
  });

  it("has a request, an invocation and 1.2 queue requests of every order in batches of ten", () => {
    const dollarsOf = (name: string) =>
      billOf({ call: nothing, reserve: nothing, match: nothing, project: nothing }).find(
        ({ what }) => what === name,
      )?.dollars;
    expect(dollarsOf("API Gateway")).toBeCloseTo(1, 10);
    expect(dollarsOf("SQS")).toBeCloseTo(0.6, 10);
    expect(dollarsOf("Lambda: the call")).toBeGreaterThan(0.2);
    expect(dollarsOf("DynamoDB: match")).toBe(0);
  });

  it("of the straightforward design has its 5 + 2 + 8 write units and three queue requests", () => {
    const units = straightforwardBill()
      .filter(({ what }) => what.startsWith("DynamoDB"))
      .reduce((sum, { dollars }) => sum + dollars, 0);
    expect(units).toBeCloseTo((5 + 2 + 8) * 0.625 + (2 + 2 + 2) * 0.125, 10);
    expect(straightforwardBill().find(({ what }) => what === "SQS")?.dollars).toBeCloseTo(1.5, 10);
  });
});
