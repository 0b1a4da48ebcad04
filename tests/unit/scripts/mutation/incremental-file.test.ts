import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forgetStaticSurvivors } from "../../../../scripts/mutation/incremental-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mutation-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("survivors that no test is known to run are forgotten, all others and all else stay", () => {
  const file = join(folder, "room.json");
  const killed = { id: "1", status: "Killed", coveredBy: [] };
  const survivor = { id: "2", status: "Survived", coveredBy: ["7"] };
  const forgotten = [
    { id: "3", status: "Survived", coveredBy: [] },
    { id: "4", status: "Survived" },
  ];
  const report = (mutants: readonly object[]) => ({ schemaVersion: "1", files: { "a.ts": { mutants } } });
  writeFileSync(file, JSON.stringify(report([killed, survivor, ...forgotten])));
  forgetStaticSurvivors(file);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(report([killed, survivor]));
});

test("before the first run there is nothing to forget", () => {
  expect(() => forgetStaticSurvivors(join(folder, "room.json"))).not.toThrow();
});
