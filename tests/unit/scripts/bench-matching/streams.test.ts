import { describe, expect, it } from "vitest";
import { compareTrades } from "../../../../scripts/bench-matching/compare.ts";
import { CONTENDERS, type Contender } from "../../../../scripts/bench-matching/contenders.ts";
import type { Stream } from "../../../../scripts/bench-matching/streams.ts";
import { streams } from "../../../../scripts/bench-matching/streams.ts";

const SHORT = streams({ seed: 3, operations: 600 });

describe.each(SHORT)("the stream $name", (stream) => {
  it("makes the same trades with everybody", () => {
    expect(compareTrades(CONTENDERS, stream)).toBeGreaterThan(0);
  });
});

describe("the streams", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(streams({ seed: 3, operations: 600 })).toEqual(SHORT);
    expect(streams({ seed: 4, operations: 600 })).not.toEqual(SHORT);
  });

  it("cancel only what rests", () => {
    for (const { book, operations } of SHORT) {
      const placed = new Set(
        [...book, ...operations].flatMap((each) => (each.kind === "place" ? [each.id] : [])),
      );
      for (const operation of operations)
        if (operation.kind === "cancel") expect(placed).toContain(operation.id);
    }
  });
});

describe("comparing trades", () => {
  it("notices who trades otherwise", () => {
    const [first, second] = CONTENDERS;
    if (first === undefined || second === undefined) throw new Error("two are needed");
    const late: Contender<unknown> = {
      name: "late",
      form: second.form,
      open: () => {
        const playing = second.open();
        return { play: playing.play, trades: (form) => playing.trades(form).slice(1) };
      },
    };
    const [stream] = SHORT as readonly [Stream];
    expect(() => compareTrades([first, late], stream)).toThrow(/trade 1: late has/);
  });
});
