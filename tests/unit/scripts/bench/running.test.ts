import { describe, expect, test } from "vitest";
import { Cleanup } from "../../../../scripts/bench/cleanup.ts";
import { OPTIONS, PARTS } from "../../../../scripts/bench/options.ts";
import { readOptions } from "../../../../scripts/command/options.ts";
import { CannotBegin } from "../../../../scripts/command/told.ts";

describe("options", () => {
  test("measure everything if nothing is said", () => {
    expect(readOptions([], OPTIONS)?.values).toEqual({
      only: PARTS,
      seconds: 15,
      clients: 18,
      port: 19_500,
      json: undefined,
    });
  });

  test("name single parts, which run in their usual order", () => {
    expect(readOptions(["--only", "packages", "--only", "cost"], OPTIONS)?.values.only).toEqual([
      "cost",
      "packages",
    ]);
  });

  test("ask for help before anything else", () => {
    expect(readOptions(["--help", "--seconds", "none"], OPTIONS)).toBeUndefined();
  });

  test.each([
    [["--only", "speed"], "speed"],
    [["--seconds", "0"], "--seconds 0"],
    [["--seconds", "1.5"], "--seconds 1.5"],
    [["--clients", "3"], "odd"],
    [["--fast"], "--fast"],
    [["cost"], "cost"],
  ])("%j is refused in words", (args, words) => {
    expect(() => readOptions(args, OPTIONS)).toThrow(CannotBegin);
    expect(() => readOptions(args, OPTIONS)).toThrow(words);
  });
});

describe("cleanup", () => {
  test("ends the newest first, each once, also where one of them cannot be ended", async () => {
    const cleanup = new Cleanup();
    const ended: string[] = [];
    cleanup.add(() => void ended.push("engine"));
    cleanup.add(() => Promise.reject(new Error("as this test wants it")));
    cleanup.add(async () => void ended.push("stack"));
    await Promise.all([cleanup.run(), cleanup.run()]);
    await cleanup.run();
    expect(ended).toEqual(["stack", "engine"]);
  });
});
