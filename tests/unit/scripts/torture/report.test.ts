import { expect, test } from "vitest";
import { recoveries, repeatsOf } from "../../../../scripts/torture/report.ts";

test("recovery times > by victim and for all, with a gap where nothing was killed", () => {
  const rounds = [
    { victim: "api", recoveryMs: 300 },
    { victim: "api", recoveryMs: 100 },
    { victim: "sqs", recoveryMs: 900 },
  ] as const;
  const table = recoveries(rounds);
  expect(table.find(({ victim }) => victim === "api")).toEqual({
    victim: "api",
    kills: 2,
    p50Ms: 100,
    maxMs: 300,
  });
  expect(table.find(({ victim }) => victim === "dynamodb")).toMatchObject({ kills: 0, p50Ms: null });
  expect(table.at(-1)).toEqual({ victim: "all", kills: 3, p50Ms: 300, maxMs: 900 });
});

test("repeats > the first time an order is sent does not count", () => {
  const order = { market: "BTC-USDT", side: "buy", type: "limit" } as const;
  const placings = new Map([
    ["a", { order, attempts: 1, answers: [] }],
    ["b", { order, attempts: 4, answers: [] }],
  ]);
  expect(repeatsOf({ placings })).toBe(3);
});
