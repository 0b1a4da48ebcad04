import { expect, test } from "vitest";
import { type Kill, killsFrom, VICTIMS } from "../../../../scripts/torture/plan.ts";

function first(count: number, seed: number): Kill[] {
  const kills = killsFrom(seed);
  return Array.from({ length: count }, () => kills.next().value);
}

test("draw kills > the same seed > the same kills after the same times", () => {
  expect(first(40, 3)).toEqual(first(40, 3));
});

test("draw kills > another seed > other kills", () => {
  expect(first(12, 3)).not.toEqual(first(12, 4));
});

test("draw kills > each row of as many as there are victims > every victim once, so that none is killed too often", () => {
  for (let seed = 0; seed < 50; seed++) {
    const victims = first(3 * VICTIMS.length, seed).map(({ victim }) => victim);
    for (let row = 0; row < 3; row++) {
      const drawn = victims.slice(row * VICTIMS.length, (row + 1) * VICTIMS.length);
      expect(drawn.toSorted()).toEqual([...VICTIMS].toSorted());
    }
  }
});

test("draw kills > the pauses > leave time for trading, and are not all the same", () => {
  const pauses = first(60, 9).map(({ afterMs }) => afterMs);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(700);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(3_500);
  expect(new Set(pauses).size).toBeGreaterThan(50);
});
