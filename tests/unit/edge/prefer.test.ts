import { describe, expect, it } from "vitest";
import { waitMsOf } from "../../../lib/edge/prefer.ts";

describe("Prefer: wait=N", () => {
  it.each([
    [undefined, 0],
    ["", 0],
    ["wait=2", 2000],
    ["wait=0", 0],
    ["wait=0.25", 250],
    ["wait=5", 5000],
    ["wait=6", 5000],
    ["wait=999999999", 5000],
    ["respond-async, wait=1", 1000],
    ["respond-async; Wait = 1", 1000],
    ['wait="3"', 3000],
    ["wait=-1", 0],
    ["wait=1e3", 0],
    ["wait=ten", 0],
    ["waiting=3", 0],
  ])("%j > %i ms", (prefer, ms) => {
    expect(waitMsOf(prefer)).toBe(ms);
  });
});
