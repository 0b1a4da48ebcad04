import { describe, expect, test } from "vitest";
import type { Condition, Key, Store, Write } from "../../lib/store/store.ts";
import { allOf, freshKey, freshPk, put, TABLE } from "./store-suite-items.ts";

export function describeWrites(store: () => Store): void {
  const read = (key: Key) => store().get({ table: TABLE, key });
  describe("writes", () => {
    test("a put replaces the whole item", async () => {
      const key = freshKey();
      await put(store(), { ...key, a: 1n, b: 2n });
      await put(store(), { ...key, a: 3n });
      expect(await read(key)).toEqual({ ...key, a: 3n });
    });

    test("a put on condition that nothing is there succeeds once, and shows what is there", async () => {
      const item = { ...freshKey(), a: 1n };
      const write: Write = { kind: "put", table: TABLE, item, when: [{ attribute: "pk", is: "absent" }] };
      expect(await store().write(write)).toEqual({ ok: true });
      expect(await store().write({ ...write, item: { ...item, a: 2n } })).toEqual({
        ok: false,
        reasons: [{ code: "condition", item }],
      });
    });

    test("an update changes what it names and leaves the rest", async () => {
      const key = freshKey();
      await put(store(), { ...key, a: 1n, b: "b", c: true, d: 5n });
      await store().write({
        kind: "update",
        table: TABLE,
        key,
        set: { a: "now a text" },
        add: { d: -7n, e: 3n },
        remove: ["c", "never there"],
      });
      expect(await read(key)).toEqual({ ...key, a: "now a text", b: "b", d: -2n, e: 3n });
    });

    test("an update makes the item where there is none, and counts an absent number as zero", async () => {
      const key = freshKey();
      await store().write({
        kind: "update",
        table: TABLE,
        key,
        add: { a: -5n, "available:BTC": 10n ** 30n },
      });
      expect(await read(key)).toEqual({ ...key, a: -5n, "available:BTC": 10n ** 30n });
    });

    test("names that the engine reserves, and punctuation, are names like others", async () => {
      const key = freshKey();
      const set = { status: "a", "version:BTC-USDT": 1n, name: "b", "a.b": 2n, "#c": 3n };
      await store().write({
        kind: "update",
        table: TABLE,
        key,
        set,
        when: [{ attribute: "status", is: "absent" }],
      });
      expect(await read(key)).toEqual({ ...key, ...set });
    });

    test("a delete takes the item away, once on condition, and is content where there is none", async () => {
      const key = freshKey();
      await put(store(), { ...key, a: 1n });
      expect(
        await store().write({
          kind: "delete",
          table: TABLE,
          key,
          when: [{ attribute: "a", is: "equal", to: 2n }],
        }),
      ).toMatchObject({
        ok: false,
      });
      expect(await store().write({ kind: "delete", table: TABLE, key })).toEqual({ ok: true });
      expect(await read(key)).toBeUndefined();
      expect(await store().write({ kind: "delete", table: TABLE, key })).toEqual({ ok: true });
    });

    test("a check alone is no write", async () => {
      const write: Write = {
        kind: "check",
        table: TABLE,
        key: freshKey(),
        when: [{ attribute: "pk", is: "absent" }],
      };
      await expect(store().write(write)).rejects.toThrow();
    });
  });
}

export function describeTransactions(store: () => Store): void {
  const read = (key: Key, table: "requests" | "wallets" = TABLE) => store().get({ table, key });
  describe("transactions", () => {
    test("do all kinds of write over several tables together", async () => {
      const [one, two, three, four] = [freshKey(), freshKey(), freshKey(), freshKey()];
      await put(store(), { ...two, a: 1n });
      await put(store(), { ...three, a: 1n });
      const outcome = await store().transact([
        { kind: "put", table: TABLE, item: { ...one, a: 1n } },
        { kind: "update", table: "wallets", key: one, add: { a: 9n } },
        { kind: "update", table: TABLE, key: two, add: { a: 1n } },
        { kind: "delete", table: TABLE, key: three },
        { kind: "check", table: TABLE, key: four, when: [{ attribute: "pk", is: "absent" }] },
      ]);
      expect(outcome).toEqual({ ok: true });
      expect(await read(one)).toEqual({ ...one, a: 1n });
      expect(await read(one, "wallets")).toEqual({ ...one, a: 9n });
      expect(await read(two)).toEqual({ ...two, a: 2n });
      expect(await read(three)).toBeUndefined();
    });

    test("change nothing where one condition fails, and say which, with the item as it is", async () => {
      const [one, two, three] = [freshKey(), freshKey(), freshKey()];
      await put(store(), { ...two, a: 10n ** 37n, b: new Uint8Array([1]) });
      const outcome = await store().transact([
        { kind: "put", table: TABLE, item: { ...one, a: 1n } },
        {
          kind: "update",
          table: TABLE,
          key: two,
          add: { a: 1n },
          when: [{ attribute: "a", is: "below", to: 5n }],
        },
        { kind: "delete", table: TABLE, key: three, when: [{ attribute: "pk", is: "present" }] },
      ]);
      expect(outcome).toEqual({
        ok: false,
        reasons: [
          { code: "none" },
          { code: "condition", item: { ...two, a: 10n ** 37n, b: new Uint8Array([1]) } },
          { code: "condition" },
        ],
      });
      expect(await read(one)).toBeUndefined();
      expect(await read(two)).toEqual({ ...two, a: 10n ** 37n, b: new Uint8Array([1]) });
    });

    test("show the item of a failed put, delete and check as well", async () => {
      const keys = [freshKey(), freshKey(), freshKey()] as const;
      for (const key of keys) await put(store(), { ...key, a: 1n });
      const when: Condition[] = [{ attribute: "a", is: "absent" }];
      const outcome = await store().transact([
        { kind: "put", table: TABLE, item: { ...keys[0], a: 2n }, when },
        { kind: "delete", table: TABLE, key: keys[1], when },
        { kind: "check", table: TABLE, key: keys[2], when },
      ]);
      expect(outcome).toEqual({
        ok: false,
        reasons: keys.map((key) => ({ code: "condition", item: { ...key, a: 1n } })),
      });
    });

    test("take a hundred items and no more, and none twice", async () => {
      const pk = freshPk();
      const writes = (count: number): Write[] =>
        Array.from({ length: count }, (_, index) => ({
          kind: "put",
          table: TABLE,
          item: { pk, sk: `${index}`, a: 1n },
        }));
      expect(await store().transact(writes(100))).toEqual({ ok: true });
      await expect(store().transact(writes(101))).rejects.toThrow();
      await expect(store().transact([])).rejects.toThrow();
      await expect(store().transact([...writes(1), ...writes(1)])).rejects.toThrow();
    });

    test("of a hundred with one that fails tell its place", async () => {
      const pk = freshPk();
      const writes = Array.from(
        { length: 100 },
        (_, index): Write => ({
          kind: "put",
          table: TABLE,
          item: { pk, sk: `${index}`, a: 1n },
          when: [{ attribute: "pk", is: index === 73 ? "present" : "absent" }],
        }),
      );
      const outcome = await store().transact(writes);
      expect(!outcome.ok && outcome.reasons.map(({ code }) => code)).toEqual(
        writes.map((_, index) => (index === 73 ? "condition" : "none")),
      );
      expect((await store().query({ table: TABLE, pk })).items).toEqual([]);
    });

    test("of which many want the same item give it to one, whatever the others are told", async () => {
      const key = freshKey();
      const attempts = Array.from({ length: 8 }, (_, index) =>
        store().transact([
          {
            kind: "put",
            table: TABLE,
            item: { ...key, winner: BigInt(index) },
            when: [{ attribute: "pk", is: "absent" }],
          },
        ]),
      );
      const outcomes = await Promise.all(attempts);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect((await read(key))?.winner).toBe(BigInt(outcomes.findIndex(({ ok }) => ok)));
    });

    test("of which many add to the same item add up where they succeed", async () => {
      const key = freshKey();
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () =>
          store().transact([{ kind: "update", table: TABLE, key, add: { a: 1n } }]),
        ),
      );
      expect((await read(key))?.a).toBe(BigInt(outcomes.filter(({ ok }) => ok).length));
    });
  });
}

export function describeManyAtOnce(store: () => Store): void {
  const place = (pk: string, sk: string) => ({ table: TABLE, key: { pk, sk } }) as const;
  describe("many at once", () => {
    test("are read in the order asked for, absent ones and repeated ones included, over several tables", async () => {
      const pk = freshPk();
      for (const sk of ["a", "b", "c"]) await put(store(), { pk, sk, name: sk });
      await store().write({ kind: "put", table: "wallets", item: { pk, sk: "a", name: "wallet" } });
      const items = await store().getMany([
        place(pk, "c"),
        { table: "wallets", key: { pk, sk: "a" } },
        place(pk, "none"),
        place(pk, "a"),
        place(pk, "c"),
      ]);
      expect(items.map((item) => item?.name)).toEqual(["c", "wallet", undefined, "a", "c"]);
      expect(await store().getMany([])).toEqual([]);
    });

    test("a hundred are read, and more are refused", async () => {
      const pk = freshPk();
      const places = Array.from({ length: 101 }, (_, index) => place(pk, `${index}`));
      expect(await store().getMany(places.slice(1))).toHaveLength(100);
      await expect(store().getMany(places)).rejects.toThrow();
    });

    test("any number is put, over several tables, and replaces what was there", async () => {
      const pk = freshPk();
      await put(store(), { pk, sk: "007", old: true });
      const puts = Array.from({ length: 60 }, (_, index) => ({
        table: index % 2 === 0 ? ("wallets" as const) : ("requests" as const),
        item: { pk, sk: String(index).padStart(3, "0"), a: BigInt(index) },
      }));
      await store().putMany(puts);
      await store().putMany([]);
      const found = [
        ...(await allOf(store(), { table: TABLE, pk })),
        ...(await allOf(store(), { table: "wallets", pk })),
      ];
      expect(found).toHaveLength(60);
      expect(found.find(({ sk }) => sk === "007")).toEqual({ pk, sk: "007", a: 7n });
    });
  });
}
