import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Equivalent, judge } from "../../../../scripts/mutation/judge.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "judge-"));
  file = join(folder, "fee.ts");
  writeFileSync(file, "const least =\n  a < b ? a : b;\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

function mutant(status: MutantResult["status"], replacement = "a <= b"): MutantResult {
  const location = { start: { line: 2, column: 3 }, end: { line: 2, column: 8 } };
  return { id: "1", fileName: file, location, mutatorName: "EqualityOperator", replacement, status };
}

function entry(change: Partial<Equivalent> = {}): Equivalent {
  const known = { file: relative(process.cwd(), file), line: "a < b ? a : b;", reason: "either is least" };
  return { ...known, mutator: "EqualityOperator", replacement: "a <= b", ...change };
}

describe("the verdict on a room", () => {
  test("counts what is killed and what times out as noticed, and leaves ignored mutants out", () => {
    const { score, counts } = judge(
      (["Killed", "Timeout", "Survived", "NoCoverage", "Ignored"] as const).map((status) => mutant(status)),
      [],
    );
    expect(score).toBe(50);
    expect(counts).toEqual({ killed: 1, timedOut: 1, survived: 1, notCovered: 1 });
  });

  test("shows an unlisted survivor with its line and its change", () => {
    const { unexplained } = judge([mutant("Survived")], []);
    expect(unexplained).toEqual([
      {
        place: `${relative(process.cwd(), file)}:2 EqualityOperator`,
        change: "  a < b ? a : b;\n  a < b  ->  a <= b",
      },
    ]);
  });

  test("gives a listed survivor's reason, and a score without it", () => {
    const verdict = judge([mutant("Killed"), mutant("Survived")], [entry()]);
    expect(verdict.equivalent.map(({ reason }) => reason)).toEqual(["either is least"]);
    expect(verdict.unexplained).toEqual([]);
    expect([verdict.score, verdict.scoreWithoutEquivalents]).toEqual([50, 100]);
  });

  test("lets an entry explain one mutant, of its line and its change only", () => {
    expect(judge([mutant("Survived"), mutant("Survived")], [entry()]).unexplained).toHaveLength(1);
    expect(judge([mutant("Survived", "true")], [entry()]).unexplained).toHaveLength(1);
    expect(judge([mutant("Survived")], [entry({ line: "a < c ? a : c;" })]).unexplained).toHaveLength(1);
  });

  test("names an entry whose mutant is noticed or gone", () => {
    expect(judge([mutant("Killed")], [entry()]).stale).toEqual([entry()]);
    expect(judge([], [entry()]).stale).toEqual([entry()]);
  });
});
