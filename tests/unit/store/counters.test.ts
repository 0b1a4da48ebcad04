import { describe, expect, test } from "vitest";
import { countWrite, readCounts } from "../../../lib/store/counters.ts";
import type { Write } from "../../../lib/store/store.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const DAY_MS = 86_400_000;
const IDS = [..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"].map((last) => `01J${last}`);

function itemOf(write: Write): string {
  if (write.kind !== "update") throw new Error("a count is an update");
  return `${write.key.pk} ${write.key.sk}`;
}

describe("counters", () => {
  test("add up whatever was counted, wherever it stands", async () => {
    const store = new MemoryStore();
    for (const id of IDS) await store.transact([countWrite("users", { id, add: { users: 1n } })]);
    await store.transact([countWrite("users", { id: "01J7", add: { users: -2n, frozen: 1n } })]);
    expect(await readCounts("users", undefined, { store })).toEqual({ users: 30n, frozen: 1n });
    expect(await readCounts("wallets", undefined, { store })).toEqual({});
  });

  test("of a day count that UTC day only", async () => {
    const store = new MemoryStore();
    const count = (timeMs: number) =>
      store.transact([countWrite("wallets", { id: "01J0", add: { deposits: 1n }, timeMs })]);
    await count(NOON);
    await count(NOON + 11 * 3_600_000);
    await count(NOON + DAY_MS);
    expect(await readCounts("wallets", NOON, { store })).toEqual({ deposits: 2n });
    expect(await readCounts("wallets", NOON + DAY_MS, { store })).toEqual({ deposits: 1n });
  });

  test("are spread evenly over items, so that transactions do not wait for one", () => {
    const writes = IDS.map((id) => itemOf(countWrite("users", { id, add: { users: 1n } })));
    const most = Math.max(...[...new Set(writes)].map((one) => writes.filter((each) => each === one).length));
    expect(new Set(writes).size).toBe(8);
    expect(most).toBeLessThanOrEqual(6);
  });

  test("that a transaction gives up leave no trace", async () => {
    const store = new MemoryStore();
    const condition = {
      kind: "check",
      table: "users",
      key: { pk: "A", sk: "A" },
      when: [{ attribute: "pk", is: "present" }],
    } as const;
    await store.transact([countWrite("users", { id: "01J0", add: { users: 1n } }), condition]);
    expect(await readCounts("users", undefined, { store })).toEqual({});
  });

  test("are read in one call, however much was counted", async () => {
    const memory = new MemoryStore();
    let calls = 0;
    const store = hookedStore(memory, { before: () => void calls++ });
    for (const id of IDS) await memory.transact([countWrite("users", { id, add: { users: 1n } })]);
    await readCounts("users", undefined, { store });
    expect(calls).toBe(1);
  });
});
