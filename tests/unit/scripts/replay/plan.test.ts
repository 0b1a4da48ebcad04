import { describe, expect, test } from "vitest";
import {
  type LobsterMessage,
  parseBooks,
  parseMessages,
  type RecordedBook,
} from "../../../../scripts/replay/lobster.ts";
import { bookBefore, planReplay, type Step } from "../../../../scripts/replay/plan.ts";
import { NaiveExchange } from "../../../support/replay/naive-exchange.ts";

type Row = [type: number, orderId: number, size: number, price: number, direction: 1 | -1];

function messagesOf(...rows: Row[]): LobsterMessage[] {
  return parseMessages(rows.map((row, index) => `34200.${index},${row.join(",")}`).join("\n"));
}

/** A book of the given levels: [price, size] best first. */
function bookOf(bids: [number, number][], asks: [number, number][]): RecordedBook {
  const levels = (side: [number, number][]) => side.map(([price, size]) => ({ price, size }));
  return { buy: levels(bids), sell: levels(asks) };
}

function play(steps: readonly Step[], depth = 10) {
  const exchange = new NaiveExchange();
  const books = steps.flatMap((step) => {
    for (const action of step.actions) exchange.do(action);
    return step.message === null ? [] : [exchange.book(depth)];
  });
  return { books, exchange };
}

describe("plan a replay", () => {
  test("new, partial cancel, execution, deletion > the book follows the record", () => {
    const messages = messagesOf(
      [1, 7, 30, 99_00, 1],
      [1, 8, 20, 99_00, 1],
      [2, 7, 10, 99_00, 1],
      [4, 7, 20, 99_00, 1],
      [5, 0, 500, 100_00, 1],
      [4, 8, 5, 99_00, 1],
      [3, 8, 15, 99_00, 1],
    );
    const seen = [
      bookOf([[99_00, 30]], [[101_00, 40]]),
      bookOf([[99_00, 50]], [[101_00, 40]]),
      bookOf([[99_00, 40]], [[101_00, 40]]),
      bookOf([[99_00, 20]], [[101_00, 40]]),
      bookOf([[99_00, 20]], [[101_00, 40]]),
      bookOf([[99_00, 15]], [[101_00, 40]]),
      bookOf([], [[101_00, 40]]),
    ];
    const { books, exchange } = play(planReplay(messages, seen));
    expect(books).toEqual(seen);
    expect(exchange.surprises).toEqual([]);
  });

  test("partial cancels to come > the order is placed in parts, and what stays keeps its place in the queue", () => {
    const messages = messagesOf(
      [1, 7, 30, 99_00, 1],
      [1, 8, 20, 99_00, 1],
      [4, 7, 4, 99_00, 1],
      [2, 7, 10, 99_00, 1],
      [4, 7, 3, 99_00, 1],
      [2, 7, 5, 99_00, 1],
      [4, 7, 8, 99_00, 1],
      [4, 8, 20, 99_00, 1],
    );
    const steps = planReplay(messages, null);
    expect(steps[0]?.actions).toMatchObject([{ size: 15 }, { size: 5 }, { size: 10 }]);
    expect(steps[3]?.actions).toEqual([{ kind: "cancel", ref: 2 }]);
    expect(steps[5]?.actions).toEqual([{ kind: "cancel", ref: 1 }]);
    expect(steps.every((step) => step.requeued === 0)).toBe(true);
    const { exchange } = play(steps.slice(0, 6));
    expect(exchange.queue("buy", 99_00)).toEqual([0, 3]);
  });

  test("an earlier order fills instead of the named one > the deletion takes what is left of the other", () => {
    const messages = messagesOf([1, 7, 10, 101_00, -1], [4, 7, 10, 101_00, -1], [3, 3, 10, 101_00, -1]);
    const seen = [bookOf([], [[101_00, 35]]), bookOf([], [[101_00, 25]]), bookOf([], [[101_00, 15]])];
    const { books, exchange } = play(planReplay(messages, seen));
    expect(books).toEqual(seen);
    expect(exchange.surprises).toEqual([]);
  });

  test("a seeded level > is made of the orders named later, oldest first, then of what nobody names", () => {
    const messages = messagesOf([1, 9, 1, 99_00, 1], [3, 5, 30, 101_00, -1], [4, 4, 20, 101_00, -1]);
    const seen = [
      bookOf([[99_00, 1]], [[101_00, 60]]),
      bookOf([[99_00, 1]], [[101_00, 30]]),
      bookOf([[99_00, 1]], [[101_00, 10]]),
    ];
    const [seeding] = planReplay(messages, seen);
    expect(seeding?.message).toBeNull();
    expect(seeding?.actions).toMatchObject([{ size: 20 }, { size: 30 }, { size: 10 }]);
  });

  test("the window widens > what it shows beyond the previous edge is taken from the record, the rest is not", () => {
    const messages = messagesOf([1, 9, 5, 100_00, 1], [3, 9, 5, 100_00, 1]);
    const seen = [
      bookOf(
        [
          [100_00, 5],
          [99_00, 5],
        ],
        [],
      ),
      bookOf(
        [
          [99_00, 6],
          [98_00, 7],
        ],
        [],
      ),
    ];
    const steps = planReplay(messages, seen);
    expect(play(steps, 2).books.at(-1)).toEqual(
      bookOf(
        [
          [99_00, 5],
          [98_00, 7],
        ],
        [],
      ),
    );
    expect(steps.map((step) => step.levelsFromRecord)).toEqual([0, 0, 1]);
  });

  test("a level comes back into view smaller, or not at all > what vanished unseen is cancelled", () => {
    const messages = messagesOf([1, 9, 5, 100_00, 1], [3, 9, 5, 100_00, 1]);
    const before = bookOf(
      [
        [100_00, 5],
        [99_00, 8],
        [98_00, 8],
      ],
      [],
    );
    const narrow = { ...before, buy: before.buy.slice(0, 1) };
    const steps = planReplay(messages, [
      before,
      bookOf(
        [
          [99_00, 8],
          [98_00, 8],
          [97_00, 1],
        ],
        [],
      ),
    ]);
    expect(play(steps).books.at(-1)?.buy).toHaveLength(3);
    const again = planReplay(messagesOf([1, 8, 5, 99_00, 1], [1, 9, 5, 100_00, 1], [3, 9, 5, 100_00, 1]), [
      bookOf([[99_00, 5]], []),
      narrow,
      bookOf([[98_00, 3]], []),
    ]);
    expect(play(again).books.at(-1)).toEqual(bookOf([[98_00, 3]], []));
  });

  test("no recorded book > orders from before the file are placed just before they are first named", () => {
    const messages = messagesOf([4, 3, 10, 99_00, 1], [2, 3, 5, 99_00, 1], [3, 3, 15, 99_00, 1]);
    const steps = planReplay(messages, null);
    expect(steps[0]?.actions.map((action) => action.kind)).toEqual(["place", "place", "take"]);
    const { books, exchange } = play(steps);
    expect(books.map((book) => book.buy[0]?.size)).toEqual([20, 15, undefined]);
    expect(exchange.surprises).toEqual([]);
  });

  test("a deletion of a part of a nameless order > the rest is placed anew, and that is reported", () => {
    const messages = messagesOf([1, 9, 5, 100_00, 1], [3, 9, 5, 100_00, 1], [3, 9, 5, 99_00, 1]);
    const seen = [
      bookOf(
        [
          [100_00, 5],
          [99_00, 50],
        ],
        [],
      ),
      bookOf([[99_00, 50]], []),
      bookOf([[99_00, 45]], []),
    ];
    const steps = planReplay(messages, seen);
    expect(play(steps).books).toEqual(seen);
    expect(steps.at(-1)?.requeued).toBe(1);
  });

  test("the first message > is undone to find what was there before", () => {
    const after = bookOf(
      [
        [100_00, 5],
        [99_00, 5],
      ],
      [[101_00, 5]],
    );
    expect(bookBefore(messagesOf([1, 1, 5, 100_00, 1])[0] as LobsterMessage, after)).toEqual(
      bookOf([[99_00, 5]], [[101_00, 5]]),
    );
    expect(bookBefore(messagesOf([4, 1, 3, 100_50, -1])[0] as LobsterMessage, after)).toEqual(
      bookOf(
        [
          [100_00, 5],
          [99_00, 5],
        ],
        [
          [100_50, 3],
          [101_00, 5],
        ],
      ),
    );
  });
});

describe("read LOBSTER files", () => {
  test("the order book > levels that are empty are left out", () => {
    expect(parseBooks("5859400,200,5853300,18,9999999999,0,-9999999999,0\n")).toEqual([
      bookOf([[5853300, 18]], [[5859400, 200]]),
    ]);
  });

  test.each(["34200.0,1,7,18,5853300", "34200.0,one,7,18,5853300,1", "34200.0,1,7,18,5853300,0"])(
    "a row that is none, %s > says which",
    (row) => {
      expect(() => parseMessages(`34200.0,1,6,18,5853300,1\n${row}`)).toThrow("messages, row 2");
    },
  );
});
