import { expect, it } from "vitest";
import { Meter } from "../../../../scripts/aws-model/meter.ts";
import { MemoryStore } from "../../../simulation/memory-store.ts";

const ORDER = { pk: "U", sk: "O" };

it("a meter > charges a transaction twice what a write costs, by begun kilobytes, and one more where an index gains or loses the item", async () => {
  const truth = new MemoryStore();
  const meter = new Meter(truth);
  const store = meter.around(truth);
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = meter.writeUnits;
    await work();
    return meter.writeUnits - before;
  };
  const put = { kind: "put", table: "orders", item: { ...ORDER, liveUserId: "U" } } as const;
  expect(await spent(() => store.transact([put]))).toBe(2 + 1);
  const note = "n".repeat(1_500);
  expect(await spent(() => store.write({ kind: "update", table: "orders", key: ORDER, set: { note } }))).toBe(
    2,
  );
  expect(
    await spent(() =>
      store.transact([{ kind: "update", table: "orders", key: ORDER, remove: ["liveUserId"] }]),
    ),
  ).toBe(4 + 1);
  const absent = [{ attribute: "sk", is: "absent" }] as const;
  expect(await spent(() => store.transact([{ ...put, item: { ...ORDER }, when: absent }]))).toBe(4);
  expect(meter.partitions.get("orders U")).toBe(2 + 2 + 4 + 4);
});
