import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PLANTED_BUGS } from "../../../../scripts/simulate/planted-bugs.ts";

const ROOT = join(import.meta.dirname, "../../../..");

describe("the planted bugs", () => {
  it.each(PLANTED_BUGS)("$name > its text stands exactly once in the code", ({ file, find, replace }) => {
    expect(readFileSync(join(ROOT, file), "utf8").split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });

  it("are at least twenty, each of its own name", () => {
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
  });
});
