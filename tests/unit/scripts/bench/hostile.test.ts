import { expect, test } from "vitest";
import { attackMatcher, MOST_TRANSACTIONS } from "../../../../scripts/bench/hostile.ts";
import { hookedStore } from "../../../simulation/faulty-store.ts";
import { MemoryStore } from "../../../simulation/memory-store.ts";

test("no batch whose senders mean ill costs more than two transactions", async () => {
  const found = await attackMatcher(hookedStore(new MemoryStore(), {}));
  for (const { attack, transactions } of found) {
    expect(transactions.length, attack).toBeGreaterThan(0);
    expect(Math.max(...transactions), attack).toBeLessThanOrEqual(MOST_TRANSACTIONS);
  }
  // What one batch has shown the next one knows.
  expect(found[0]?.transactions).toEqual([1, 1, 1, 1]);
  expect(found[1]?.transactions).toEqual([2, 1, 1, 1]);
});
