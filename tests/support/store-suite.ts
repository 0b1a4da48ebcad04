import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition, Item, Store, Value, Write } from "../../lib/store/store.ts";
import { freshKey, put, TABLE } from "./store-suite-items.ts";
import { describePages } from "./store-suite-pages.ts";
import { describeManyAtOnce, describeTransactions, describeWrites } from "./store-suite-writes.ts";

export type StoreUnderTest = { readonly store: Store; readonly stop?: () => Promise<void> };

/** What the exchange relies on. One suite for the model and for the real engines, so that what is true of one is true of all. */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let made: StoreUnderTest;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(async () => made?.stop?.());
    const store = (): Store => made.store;
    describeValues(store);
    describeConditions(store);
    describeWrites(store);
    describeTransactions(store);
    describeManyAtOnce(store);
    describePages(store);
  });
}

function describeValues(store: () => Store): void {
  describe("values", () => {
    test.each<[string, Value]>([
      ["a text", "text with äöü and 😀"],
      ["an empty text", ""],
      ["zero", 0n],
      ["38 nines", 10n ** 38n - 1n],
      ["38 nines below zero", 1n - 10n ** 38n],
      ["a power of ten, which must not come back as an exponent", 10n ** 37n],
      ["a number that no double holds", 12_345_678_901_234_567_890_123_456_789n],
      ["true", true],
      ["false", false],
      ["bytes", new Uint8Array([0, 1, 127, 128, 255])],
      ["a list", [1n, "two", [3n], false]],
      ["a map", { a: 1n, b: { c: "d" }, e: [] }],
    ])("%s comes back as it was", async (_, value) => {
      const key = freshKey();
      await put(store(), { ...key, value });
      const item = await store().get({ table: TABLE, key });
      expect(item).toEqual({ ...key, value });
    });

    test("an item that is not there is undefined", async () => {
      expect(await store().get({ table: TABLE, key: freshKey() })).toBeUndefined();
    });
  });
}

function describeConditions(store: () => Store): void {
  const cases: readonly (readonly [Item, Condition, boolean])[] = [
    [{}, { attribute: "a", is: "absent" }, true],
    [{ a: 1n }, { attribute: "a", is: "absent" }, false],
    [{ a: 1n }, { attribute: "a", is: "present" }, true],
    [{}, { attribute: "a", is: "present" }, false],
    [{ a: 7n }, { attribute: "a", is: "equal", to: 7n }, true],
    [{ a: 8n }, { attribute: "a", is: "equal", to: 7n }, false],
    [{ a: "7" }, { attribute: "a", is: "equal", to: 7n }, false],
    [{}, { attribute: "a", is: "equal", to: 7n }, false],
    [{ a: new Uint8Array([1, 2]) }, { attribute: "a", is: "equal", to: new Uint8Array([1, 2]) }, true],
    [{ a: { b: [1n] } }, { attribute: "a", is: "equal", to: { b: [1n] } }, true],
    [{ a: 8n }, { attribute: "a", is: "not_equal", to: 7n }, true],
    [{ a: 7n }, { attribute: "a", is: "not_equal", to: 7n }, false],
    [{}, { attribute: "a", is: "not_equal", to: 7n }, true],
    [{ a: 6n }, { attribute: "a", is: "below", to: 7n }, true],
    [{ a: 7n }, { attribute: "a", is: "below", to: 7n }, false],
    [{}, { attribute: "a", is: "below", to: 7n }, false],
    [{ a: "6" }, { attribute: "a", is: "below", to: 7n }, false],
    [{ a: 7n }, { attribute: "a", is: "at_most", to: 7n }, true],
    [{ a: 8n }, { attribute: "a", is: "at_most", to: 7n }, false],
    [{ a: 8n }, { attribute: "a", is: "above", to: 7n }, true],
    [{ a: 7n }, { attribute: "a", is: "above", to: 7n }, false],
    [{ a: 7n }, { attribute: "a", is: "at_least", to: 7n }, true],
    [{ a: 6n }, { attribute: "a", is: "at_least", to: 7n }, false],
    [{ a: 10n ** 37n }, { attribute: "a", is: "at_least", to: 10n ** 37n + 1n }, false],
    [{ a: "b" }, { attribute: "a", is: "above", to: "aa" }, true],
    [{}, { attribute: "a", is: "at_least", to: 0n }, false],
    [{}, { attribute: "a", is: "absent_or_below", to: 7n }, true],
    [{ a: 6n }, { attribute: "a", is: "absent_or_below", to: 7n }, true],
    [{ a: 7n }, { attribute: "a", is: "absent_or_below", to: 7n }, false],
    [{}, { attribute: "a", is: "absent_or_equal", to: 7n }, true],
    [{ a: 7n }, { attribute: "a", is: "absent_or_equal", to: 7n }, true],
    [{ a: 6n }, { attribute: "a", is: "absent_or_equal", to: 7n }, false],
  ];
  describe("conditions", () => {
    test.each(cases.map((each) => [textOf(each), ...each] as const))(
      "%s",
      async (_, attributes, condition, isTrue) => {
        const key = freshKey();
        const item = { ...key, ...attributes };
        await put(store(), item);
        const write: Write = { kind: "update", table: TABLE, key, set: { changed: true }, when: [condition] };
        const refused = { ok: false, reasons: [{ code: "condition", item }] };
        expect(await store().write(write)).toEqual(isTrue ? { ok: true } : refused);
        expect(await store().get({ table: TABLE, key })).toEqual(isTrue ? { ...item, changed: true } : item);
      },
    );

    test("all must hold", async () => {
      const key = freshKey();
      const when: Condition[] = [
        { attribute: "a", is: "equal", to: 1n },
        { attribute: "b", is: "equal", to: 2n },
      ];
      await put(store(), { ...key, a: 1n, b: 3n });
      const write: Write = { kind: "update", table: TABLE, key, set: { c: 1n }, when };
      expect(await store().write(write)).toMatchObject({ ok: false });
      await put(store(), { ...key, a: 1n, b: 2n });
      expect(await store().write(write)).toEqual({ ok: true });
    });

    test("that fail where there is no item give none", async () => {
      const write: Write = {
        kind: "update",
        table: TABLE,
        key: freshKey(),
        set: { a: 1n },
        when: [{ attribute: "pk", is: "present" }],
      };
      expect(await store().write(write)).toEqual({ ok: false, reasons: [{ code: "condition" }] });
    });
  });
}

function textOf([item, condition, isTrue]: readonly [Item, Condition, boolean]): string {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_, each) =>
      typeof each === "bigint" ? Number(each) : each instanceof Uint8Array ? [...each] : each,
    );
  return `${show(item)} with ${condition.is} ${"to" in condition ? show(condition.to) : ""} ${isTrue ? "holds" : "fails"}`;
}
