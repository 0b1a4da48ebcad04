import { beforeEach, describe, expect, test } from "vitest";
import { entryKey, snapshotHeadersKey, versionKey } from "../../../lib/journal/journal-items.ts";
import { RecoveryUnfinished, recover, recoverAt, recoverToRead } from "../../../lib/journal/recover.ts";
import { dropOldSnapshots, saveSnapshot } from "../../../lib/journal/snapshots.ts";
import { DamagedEntry } from "../../../lib/matching/entry.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { stateText } from "../../../lib/matching/snapshot.ts";
import type { Store } from "../../../lib/store/store.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { lifeOf, quietLife, store as storeJournal } from "../../support/journal.ts";
import { MARKET } from "../../support/matching/random-commands.ts";

const life = lifeOf(40);
let store: MemoryStore;
let clock: VirtualClock;
let log: RecordingLog;

beforeEach(async () => {
  store = new MemoryStore({ pageItems: 9 });
  clock = new VirtualClock();
  log = new RecordingLog();
  await storeJournal(life.journal, store);
});

async function recovered(from: Store = store, deadlineMs = Number.POSITIVE_INFINITY): Promise<MarketState> {
  return await recover(MARKET, deadlineMs, { store: from, clock, log });
}

/** Versions of the entries that were read on the way. */
function watched(): { readonly store: Store; readonly from: string[] } {
  const from: string[] = [];
  return {
    from,
    store: hookedStore(store, {
      before: (call) => {
        if (call.operation === "query" && call.input.pk === "BTC-USDT") from.push(call.input.from ?? "");
        return undefined;
      },
    }),
  };
}

describe("recovery", () => {
  test("of a market without a past gives an empty one", async () => {
    expect(stateText(await recovered(new MemoryStore()))).toBe(stateText(new MarketState(MARKET)));
  });

  test("without a snapshot replays the journal from its first entry", async () => {
    expect(stateText(await recovered())).toBe(stateText(life.state));
    expect(log.lines).toMatchObject([
      { event: "market_recovered", fields: { snapshotVersion: 0, version: 40, ms: 0 } },
    ]);
  });

  test("begins at the newest snapshot and replays only what came after it", async () => {
    for (const version of [10, 25]) await saveSnapshot(lifeOf(version).state, { store });
    const { store: seen, from } = watched();
    expect(stateText(await recovered(seen))).toBe(stateText(life.state));
    expect(from[0]).toBe(versionKey(26));
  });

  test("with a damaged newest snapshot begins at the one before", async () => {
    for (const version of [10, 25]) await saveSnapshot(lifeOf(version).state, { store });
    await store.write({
      kind: "update",
      table: "journal",
      key: { pk: snapshotHeadersKey("BTC-USDT"), sk: versionKey(25) },
      set: { checksum: "0" },
    });
    const { store: seen, from } = watched();
    expect(stateText(await recovered(seen))).toBe(stateText(life.state));
    expect(from[0]).toBe(versionKey(11));
    expect(log.lines[0]).toMatchObject({ event: "snapshot_damaged" });
  });

  test("that runs out of time saves how far it got, so that several get there", async () => {
    const slow = hookedStore(store, { after: () => clock.advance(100) });
    let attempts = 0;
    for (;;) {
      attempts++;
      try {
        expect(stateText(await recovered(slow, clock.nowMs() + 250))).toBe(stateText(life.state));
        break;
      } catch (fault) {
        expect(fault).toBeInstanceOf(RecoveryUnfinished);
      }
    }
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(10);
  });

  test("refuses a journal with a damaged entry rather than guess", async () => {
    await store.write({
      kind: "update",
      table: "journal",
      key: entryKey("BTC-USDT", 20),
      set: { hash: "0" },
    });
    await expect(recovered()).rejects.toBeInstanceOf(DamagedEntry);
  });

  test("refuses an entry whose body cannot be unpacked, and says which and why", async () => {
    await store.write({
      kind: "update",
      table: "journal",
      key: entryKey("BTC-USDT", 20),
      set: { body: new Uint8Array([1, 2, 3]) },
    });
    const fault = await recovered().catch((caught: unknown) => caught);
    expect(fault).toBeInstanceOf(DamagedEntry);
    expect(fault).toMatchObject({
      message: "entry 20 of BTC-USDT cannot be unpacked",
      cause: expect.any(Error),
    });
  });

  test("from a snapshot that is not of this journal refuses the first entry after it", async () => {
    const other = lifeOf(10).state;
    other.head = { ...other.head, hash: "another" };
    await saveSnapshot(other, { store });
    await expect(recovered()).rejects.toThrow(/chain of hashes/);
  });
});

describe("recovery up to a version", () => {
  const at = async (version: number, known?: MarketState, from: Store = store): Promise<MarketState> =>
    await recoverAt({ market: MARKET, version, known }, Number.POSITIVE_INFINITY, {
      store: from,
      clock,
      log,
    });

  test("gives the market as of that version, whatever stands after it", async () => {
    for (const version of [10, 25]) await saveSnapshot(lifeOf(version).state, { store });
    for (const version of [0, 1, 9, 10, 24, 25, 26, 40])
      expect(stateText(await at(version))).toBe(stateText(lifeOf(version).state));
  });

  test("rolls a known state forward and reads no snapshot", async () => {
    await saveSnapshot(lifeOf(25).state, { store });
    const reads: string[] = [];
    const seen = hookedStore(store, {
      before: (call) => {
        if (call.operation === "query") reads.push(call.input.pk);
        if (call.operation === "get") reads.push(call.input.key.pk);
        return undefined;
      },
    });
    expect(stateText(await at(30, lifeOf(12).state, seen))).toBe(stateText(lifeOf(30).state));
    expect(new Set(reads)).toEqual(new Set(["BTC-USDT"]));
  });

  test("takes a snapshot where the known state is thousands of entries behind", async () => {
    const { journal, state } = quietLife(2_300);
    store = new MemoryStore();
    await storeJournal(journal, store);
    await saveSnapshot(quietLife(2_250).state, { store });
    const { store: seen, from } = watched();
    expect(stateText(await at(2_300, quietLife(3).state, seen))).toBe(stateText(state));
    expect(from[0]).toBe(versionKey(2_251));
    from.length = 0;
    expect(stateText(await at(2_300, quietLife(300).state, seen))).toBe(stateText(state));
    expect(from[0]).toBe(versionKey(301));
  });

  test("rolls a known state forward, however far behind, where no snapshot is nearer", async () => {
    const { journal, state } = quietLife(2_100);
    store = new MemoryStore();
    await storeJournal(journal, store);
    await saveSnapshot(quietLife(20).state, { store });
    const { store: seen, from } = watched();
    expect(stateText(await at(2_100, quietLife(50).state, seen))).toBe(stateText(state));
    expect(from[0]).toBe(versionKey(51));
  });

  test("of a known state that is not of this journal is refused by the chain of hashes", async () => {
    const other = lifeOf(12).state;
    other.head = { ...other.head, hash: "another" };
    await expect(at(30, other)).rejects.toThrow(/chain of hashes/);
  });

  test("beyond the journal is refused", async () => {
    await expect(at(41)).rejects.toThrow(/beyond its journal/);
  });

  test("in pieces that are each too short ends all the same, whatever is in between", async () => {
    const slow = hookedStore(store, { after: () => clock.advance(100) });
    let attempts = 0;
    let found: MarketState | undefined;
    while (found === undefined && ++attempts < 20) {
      found = await recoverAt({ market: MARKET, version: 38, known: undefined }, clock.nowMs(), {
        store: slow,
        clock,
        log,
      }).catch((fault: unknown) => {
        expect(fault).toBeInstanceOf(RecoveryUnfinished);
        return undefined;
      });
      // What was saved on the way stands at or below the version, so nobody who needs it loses it.
      await dropOldSnapshots({ market: "BTC-USDT", watermark: 38 }, { store });
    }
    expect(found && stateText(found)).toBe(stateText(lifeOf(38).state));
    expect(attempts).toBeGreaterThan(2);
  });
});

describe("recovery to read", () => {
  test("gives the market as of the journal's end and writes nothing, also when it has too little time", async () => {
    const writes: string[] = [];
    const seen = hookedStore(store, {
      before: ({ operation }) => {
        if (["write", "putMany", "transact"].includes(operation)) writes.push(operation);
        return undefined;
      },
      after: () => clock.advance(100),
    });
    const ports = { store: seen, clock, log };
    expect(stateText(await recoverToRead(MARKET, Number.POSITIVE_INFINITY, ports))).toBe(
      stateText(life.state),
    );
    await expect(recoverToRead(MARKET, clock.nowMs(), ports)).rejects.toThrow(/only/);
    expect(writes).toEqual([]);
  });

  test("ends with the page in which its time has come", async () => {
    const now = recoverToRead(MARKET, clock.nowMs(), { store, clock, log });
    await expect(now).rejects.toThrow("BTC-USDT is recovered up to version 9 only");
  });
});
