import { beforeEach, describe, expect, test } from "vitest";
import { readJournal } from "../../../lib/journal/read-journal.ts";
import type { Query, Store } from "../../../lib/store/store.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { lifeOf, store as storeJournal } from "../../support/journal.ts";

let clock: VirtualClock;
const journal = lifeOf(12).journal;

beforeEach(() => {
  clock = new VirtualClock();
});

async function versions(store: Store, after: number): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const run of readJournal({ market: "BTC-USDT", after }, { store, clock })) {
    expect(run.length).toBeGreaterThan(0);
    found.push(...run.map(({ version }) => version));
  }
  return found;
}

function upTo(last: number, from = 1): readonly number[] {
  return Array.from({ length: last - from + 1 }, (_, index) => from + index);
}

describe("the journal", () => {
  test.each([1, 3, 4, 5, 12, 1_000])("is read whole and in order in pages of %i", async (pageItems) => {
    const store = new MemoryStore({ pageItems });
    await storeJournal(journal, store);
    expect(await versions(store, 0)).toEqual(upTo(12));
    expect(await versions(store, 5)).toEqual(upTo(12, 6));
    expect(await versions(store, 12)).toEqual([]);
  });

  test("is read consistently, and that of another market is another one", async () => {
    const memory = new MemoryStore();
    await storeJournal(journal, memory);
    const queries: Query[] = [];
    const store = hookedStore(memory, {
      before: (call) => {
        if (call.operation === "query") queries.push(call.input);
        return undefined;
      },
    });
    await versions(store, 0);
    expect(
      queries.every(
        ({ consistent, table, pk }) => consistent === true && table === "journal" && pk === "BTC-USDT",
      ),
    ).toBe(true);
    await memory.write({
      kind: "put",
      table: "journal",
      item: { pk: "BTC-USDT-PERP", sk: "000000000013", body: "", hash: "" },
    });
    expect(await versions(store, 0)).toEqual(upTo(12));
  });

  /** Entries that a query does not show at first, as it is only read-committed. */
  function hiding(memory: Store, hidden: readonly number[], reads: number): Store {
    let left = reads;
    return {
      ...hookedStore(memory, {}),
      query: async (query) => {
        const page = await memory.query(query);
        if (left-- <= 0) return page;
        return { ...page, items: page.items.filter(({ sk }) => !hidden.includes(Number(sk))) };
      },
    };
  }

  test("with a gap is read again until the entry shows, and nothing after the gap is given before it", async () => {
    const memory = new MemoryStore();
    await storeJournal(journal, memory);
    expect(await versions(hiding(memory, [1], 3), 0)).toEqual(upTo(12));
    expect(await versions(hiding(memory, [5, 9], 4), 0)).toEqual(upTo(12));
    expect(clock.nowMs()).toBeGreaterThan(new VirtualClock().nowMs());
  });

  test("with a gap is read twenty times again, and no more", async () => {
    const memory = new MemoryStore();
    await storeJournal(journal, memory);
    expect(await versions(hiding(memory, [5], 20), 0)).toEqual(upTo(12));
    await expect(versions(hiding(memory, [5], 21), 0)).rejects.toThrow(/no entry 5/);
  });

  test("read for half the price ends at a gap, without a pause", async () => {
    const memory = new MemoryStore();
    await storeJournal(journal, memory);
    const startMs = clock.nowMs();
    const found: number[] = [];
    const from = { market: "BTC-USDT", after: 0, consistent: false };
    for await (const run of readJournal(from, { store: hiding(memory, [5], 1), clock }))
      found.push(...run.map(({ version }) => version));
    expect(found).toEqual(upTo(4));
    expect(clock.nowMs()).toBe(startMs);
  });

  test("whose last entries do not show yet ends before them", async () => {
    const memory = new MemoryStore();
    await storeJournal(journal, memory);
    expect(await versions(hiding(memory, [11, 12], 1), 0)).toEqual(upTo(10));
  });

  test("whose gap stays is refused: an entry is lost", async () => {
    const memory = new MemoryStore();
    await storeJournal(
      journal.filter(({ version }) => version !== 7),
      memory,
    );
    await expect(versions(memory, 0)).rejects.toThrow(/no entry 7/);
  });
});
