import { describe, expect, test } from "vitest";
import { readOptions as read } from "../../../../scripts/command/options.ts";
import { CannotBegin } from "../../../../scripts/command/told.ts";
import { optionsWith, withRounds } from "../../../../scripts/torture/options.ts";

function readOptions(args: readonly string[], drawnSeed: number) {
  const given = read(args, optionsWith(drawnSeed));
  return given === undefined ? undefined : withRounds(given.values);
}

describe("read the options of the torture", () => {
  test("nothing given > twenty rounds without a limit of time, and the drawn seed", () => {
    expect(readOptions([], 77)).toEqual({
      rounds: 20,
      minutes: Number.POSITIVE_INFINITY,
      seed: 77,
      port: 20_000,
      traders: 9,
      checkEvery: 5,
      dataDir: undefined,
    });
  });

  test("minutes alone > as many rounds as they allow", () => {
    const options = readOptions(["--minutes", "2.5"], 1);
    expect(options).toMatchObject({ minutes: 2.5, rounds: Number.POSITIVE_INFINITY });
  });

  test("minutes and rounds > whichever ends first", () => {
    const options = readOptions(["--minutes", "2", "--rounds", "4", "--seed", "5"], 1);
    expect(options).toMatchObject({ minutes: 2, rounds: 4, seed: 5 });
  });

  test("--help > nothing to run", () => {
    expect(readOptions(["--help"], 1)).toBeUndefined();
  });

  test.each([
    ["--rounds", "0"],
    ["--rounds", "1.5"],
    ["--rounds", ""],
    ["--minutes", "soon"],
    ["--seed", "-1"],
    ["--port", "65000"],
    ["--unknown", "1"],
  ])("%s %s > refuses", (name, value) => {
    expect(() => readOptions([name, value], 1)).toThrow(CannotBegin);
  });
});
