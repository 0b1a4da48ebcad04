import { beforeEach, describe, expect, test } from "vitest";
import { snapshotChunkKey, snapshotHeadersKey, versionKey } from "../../../lib/journal/journal-items.ts";
import {
  dropOldSnapshots,
  newestSnapshot,
  saveSnapshot,
  snapshotHeaders,
} from "../../../lib/journal/snapshots.ts";
import type { MarketState } from "../../../lib/matching/market-state.ts";
import { stateText } from "../../../lib/matching/snapshot.ts";
import type { Item } from "../../../lib/store/store.ts";
import { chanceFrom } from "../../../scripts/demo/chance.ts";
import { RecordingLog } from "../../simulation/effects.ts";
import { hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { bigState, lifeOf } from "../../support/journal.ts";
import { MARKET } from "../../support/matching/random-commands.ts";

let store: MemoryStore;
let log: RecordingLog;

beforeEach(() => {
  store = new MemoryStore();
  log = new RecordingLog();
});

/** States of a market's life, as of versions that rise. */
async function save(...versions: readonly number[]): Promise<readonly MarketState[]> {
  const states = versions.map((version) => lifeOf(version).state);
  for (const state of states) await saveSnapshot(state, { store });
  return states;
}

async function newest(atMost?: number): Promise<MarketState | undefined> {
  return await newestSnapshot(MARKET, { store, log }, atMost);
}

async function change(
  version: number,
  part: "header" | "chunk",
  change: (item: Item) => Item,
): Promise<void> {
  const key =
    part === "header"
      ? { pk: snapshotHeadersKey("BTC-USDT"), sk: versionKey(version) }
      : snapshotChunkKey("BTC-USDT", version, 0);
  const item = await store.get({ table: "journal", key });
  if (item === undefined) throw new Error("no such part");
  await store.write({ kind: "put", table: "journal", item: { ...change(item), ...key } });
}

describe("the newest snapshot", () => {
  test("is none where there is none", async () => {
    expect(await newest()).toBeUndefined();
  });

  test("is the last one saved, or the last one up to a version", async () => {
    const states = await save(3, 5, 9);
    expect(stateText((await newest()) as MarketState)).toBe(stateText(states[2] as MarketState));
    expect((await newest(8))?.head.version).toBe(5);
    expect((await newest(5))?.head.version).toBe(5);
    expect(await newest(2)).toBeUndefined();
  });

  test("is found also where the headers fill several pages", async () => {
    store = new MemoryStore({ pageItems: 2 });
    await save(1, 2, 3, 4, 5);
    expect((await snapshotHeaders("BTC-USDT", { store })).map(({ sk }) => Number(sk))).toEqual([
      5, 4, 3, 2, 1,
    ]);
    expect((await newest(1))?.head.version).toBe(1);
  });

  test("larger than an item may be is kept in chunks", async () => {
    const state = bigState(7_000);
    const { bytes } = await saveSnapshot(state, { store });
    expect(bytes).toBeGreaterThan(400_000);
    const [header] = await snapshotHeaders("BTC-USDT", { store });
    expect(header?.chunks).toBe(2n);
    for (let index = 0; index < 2; index++) {
      const chunk = await store.get({ table: "journal", key: snapshotChunkKey("BTC-USDT", 7, index) });
      expect((chunk?.data as Uint8Array | undefined)?.length).toBeLessThan(400_000);
    }
    expect(stateText((await newest()) as MarketState)).toBe(stateText(state));
  });

  test.each<[string, "header" | "chunk", (item: Item) => Item]>([
    ["with a chunk of other bytes", "chunk", (item) => ({ ...item, data: new Uint8Array([1, 2, 3]) })],
    ["with a chunk without bytes", "chunk", () => ({})],
    ["with another checksum", "header", (item) => ({ ...item, checksum: "0" })],
    ["with more chunks than there are", "header", (item) => ({ ...item, chunks: 2n })],
    ["with a header that says nothing", "header", () => ({})],
  ])("%s is reported, and the one before it taken", async (_, part, damage) => {
    await save(3, 5);
    await change(5, part, damage);
    expect((await newest())?.head.version).toBe(3);
    expect(log.lines).toMatchObject([{ level: "error", event: "snapshot_damaged", fields: { version: 5 } }]);
  });

  test("is none where all are damaged", async () => {
    await save(3, 5);
    for (const version of [3, 5]) await change(version, "chunk", () => ({}));
    expect(await newest()).toBeUndefined();
  });
});

describe("saving a snapshot", () => {
  test("again is harmless", async () => {
    const [state] = await save(4);
    await save(4);
    expect(stateText((await newest()) as MarketState)).toBe(stateText(state as MarketState));
    expect(await snapshotHeaders("BTC-USDT", { store })).toHaveLength(1);
  });

  test("that ends anywhere leaves a whole one or none of that version", async () => {
    await save(3);
    for (let calls = 0; ; calls++) {
      const memory = store;
      let left = calls;
      const dying = hookedStore(memory, {
        before: () => {
          if (left-- === 0) throw unavailable();
          return undefined;
        },
      });
      const state = bigState(7_000, 10 + calls);
      const outcome = await saveSnapshot(state, { store: dying }).catch(() => undefined);
      const found = await newest();
      expect(found !== undefined && [3, 10 + calls, 9 + calls, 8 + calls].includes(found.head.version)).toBe(
        true,
      );
      expect(log.lines).toEqual([]);
      if (outcome !== undefined) return;
    }
  });
});

describe("dropping old snapshots", () => {
  const versions = async () => (await snapshotHeaders("BTC-USDT", { store })).map(({ sk }) => Number(sk));
  const drop = (watermark: number) => dropOldSnapshots({ market: "BTC-USDT", watermark }, { store });

  test("keeps three, and leaves nothing of the older ones", async () => {
    await save(1, 2, 3, 4, 5);
    await drop(5);
    expect(await versions()).toEqual([5, 4, 3]);
    expect((await store.scan({ table: "journal" })).items).toHaveLength(3 + 3);
  });

  test("counts only those that whoever stands at the watermark can begin with, and leaves all newer ones", async () => {
    await save(1, 2, 3, 4, 10, 20, 30, 40);
    await drop(5);
    expect(await versions()).toEqual([40, 30, 20, 10, 4, 3, 2]);
    expect((await newest(5))?.head.version).toBe(4);
  });

  test("drops none where the watermark is below all", async () => {
    await save(10, 20, 30, 40, 50);
    await drop(9);
    expect(await versions()).toEqual([50, 40, 30, 20, 10]);
  });

  test("by several at once, who know different watermarks, leaves the newest at or below the highest", async () => {
    for (let seed = 0; seed < 40; seed++) {
      store = new MemoryStore();
      await save(1, 3, 5, 7, 9, 11, 13);
      const chance = chanceFrom(seed);
      const slow = hookedStore(store, {
        before: async () => {
          for (let turns = chance.below(6); turns > 0; turns--) await Promise.resolve();
          return undefined;
        },
      });
      const marks = Array.from({ length: 4 }, () => 1 + chance.below(13));
      await Promise.all(
        marks.map((watermark) => dropOldSnapshots({ market: "BTC-USDT", watermark }, { store: slow })),
      );
      const highest = Math.max(...marks);
      const wanted = [13, 11, 9, 7, 5, 3, 1].find((version) => version <= highest);
      expect((await newest(highest))?.head.version).toBe(wanted);
    }
  });
});
