import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Book } from "../../../lib/matching/book.ts";
import { type LiveOrder, remainingLots, type Side, toLive } from "../../../lib/matching/order.ts";
import { termsOf } from "../../support/matching/random-commands.ts";
import { runs } from "../../support/property-runs.ts";

const SIDES = ["buy", "sell"] as const;

type Operation =
  | {
      readonly kind: "add";
      readonly userId: string;
      readonly side: Side;
      readonly priceTicks: bigint;
      readonly quantityLots: bigint;
    }
  | { readonly kind: "remove" | "reduce"; readonly pick: number };

const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("add" as const),
        userId: fc.constantFrom("ALICE", "BOB"),
        side: fc.constantFrom(...SIDES),
        priceTicks: fc.bigInt({ min: 1n, max: 9n }),
        quantityLots: fc.bigInt({ min: 2n, max: 9n }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "reduce" as const), pick: fc.nat() }),
    },
  ),
  { maxLength: 60, size: "max" },
);

/** A book, the plainest model of one (a list in the order of arrival), and how to take each operation back. */
class Both {
  readonly book = new Book();
  list: readonly LiveOrder[] = [];
  readonly undo: (() => void)[] = [];
  #count = 0;

  run(operation: Operation): void {
    const before = this.list;
    if (operation.kind === "add") {
      const order = toLive(termsOf({ ...operation, id: `O${String(this.#count++).padStart(3, "0")}` }));
      this.book.add(order);
      this.list = [...before, order];
      this.#push(before, () => this.book.remove(order.id));
      return;
    }
    const order = before[operation.pick % Math.max(1, before.length)];
    if (order === undefined) return;
    if (operation.kind === "remove") {
      this.list = before.filter((each) => each !== order);
      this.#push(before, this.book.remove(order.id));
    } else if (remainingLots(order) > 1n) {
      this.book.reduceLevel(order, 1n);
      order.filledLots += 1n;
      this.#push(before, () => {
        order.filledLots -= 1n;
        this.book.reduceLevel(order, -1n);
      });
    }
  }

  #push(before: readonly LiveOrder[], back: () => void): void {
    this.undo.push(() => {
      back();
      this.list = before;
    });
  }

  queue(side: Side): readonly LiveOrder[] {
    const direction = side === "buy" ? -1 : 1;
    return this.list
      .filter((order) => order.side === side)
      .sort((a, b) => direction * Number((a.priceTicks ?? 0n) - (b.priceTicks ?? 0n)));
  }

  expectSame(): void {
    const { book, list } = this;
    expect(book.size).toBe(list.length);
    for (const side of SIDES) {
      const queue = this.queue(side);
      expect([...book.orders(side)]).toEqual(queue);
      expect(book.best(side)).toBe(queue[0]);
      const levels = new Map<bigint, bigint>();
      for (const order of queue) {
        const price = order.priceTicks ?? 0n;
        levels.set(price, (levels.get(price) ?? 0n) + remainingLots(order));
      }
      expect(book.levels(side, 100)).toEqual([...levels]);
      expect(book.levels(side, 2)).toEqual([...levels].slice(0, 2));
      for (let price = 0n; price < 11n; price++)
        expect(book.lotsAt(side, price)).toBe(levels.get(price) ?? 0n);
    }
    for (const userId of ["ALICE", "BOB", "NOBODY"]) {
      const own = list.filter((order) => order.userId === userId);
      expect(book.ordersOf(userId)).toEqual(own);
      expect(book.countOf(userId)).toBe(own.length);
    }
    for (const order of list) expect(book.get(order.id)).toBe(order);
  }
}

describe("a book", () => {
  test("shows after any operations what the plainest list shows", () => {
    fc.assert(
      fc.property(operations, (all) => {
        const both = new Both();
        for (const operation of all) both.run(operation);
        both.expectSame();
      }),
      { numRuns: runs(200) },
    );
  });

  test("from which operations are taken back, the last first, is what it was before them", () => {
    fc.assert(
      fc.property(operations, operations, (kept, taken) => {
        const both = new Both();
        for (const operation of kept) both.run(operation);
        const savepoint = both.undo.length;
        for (const operation of taken) both.run(operation);
        while (both.undo.length > savepoint) both.undo.pop()?.();
        both.expectSame();
      }),
      { numRuns: runs(200) },
    );
  });

  test("takes no order twice and gives none that it does not have", () => {
    const book = new Book();
    const order = toLive(termsOf({ id: "O1", priceTicks: 1n, quantityLots: 1n }));
    book.add(order);
    expect(() => book.add(order)).toThrow(/already/);
    expect(() => book.remove("O2")).toThrow(/not on the book/);
    expect(() => book.add(toLive(termsOf({ id: "O2", type: "market", quoteBudget: 1n })))).toThrow(
      /no price/,
    );
  });
});
