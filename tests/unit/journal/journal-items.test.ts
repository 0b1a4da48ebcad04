import { expect, test } from "vitest";
import { entryWrite, snapshotChunkKey, snapshotHeadersKey } from "../../../lib/journal/journal-items.ts";
import { newestSnapshot, saveSnapshot, snapshotHeaders } from "../../../lib/journal/snapshots.ts";
import { MarketRedefined } from "../../../lib/market/market.ts";
import { RecordingLog } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { lifeOf } from "../../support/journal.ts";
import { MARKET } from "../../support/matching/random-commands.ts";

test("an entry is the fence of its version: written once, and never over another", async () => {
  const store = new MemoryStore();
  const [first] = lifeOf(1).journal;
  if (first === undefined) throw new Error("no entry");
  expect((await store.write(entryWrite(first))).ok).toBe(true);
  expect((await store.write(entryWrite({ ...first, hash: "another" }))).ok).toBe(false);
});

test("snapshots stand beside their market's journal, each chunk in a partition of its own", () => {
  expect(snapshotHeadersKey("BTC-USDT")).toBe("BTC-USDT#SNAPSHOT");
  expect(snapshotChunkKey("BTC-USDT", 7, 1)).toEqual({ pk: "BTC-USDT#SNAPSHOT#000000000007#1", sk: "CHUNK" });
});

test("headers of snapshots are read consistently", async () => {
  const asked: unknown[] = [];
  const store = hookedStore(new MemoryStore(), {
    before: (call) => void (call.operation === "query" && asked.push(call.input.consistent)),
  });
  await snapshotHeaders("BTC-USDT", { store });
  expect(asked).toEqual([true]);
});

test("a snapshot of a market that was redefined is an error, not a damaged one", async () => {
  const store = new MemoryStore();
  const log = new RecordingLog();
  await saveSnapshot(lifeOf(3).state, { store });
  const redefined = { ...MARKET, tickUnits: MARKET.tickUnits * 10n };
  await expect(newestSnapshot(redefined, { store, log })).rejects.toBeInstanceOf(MarketRedefined);
  expect(log.lines).toEqual([]);
});
