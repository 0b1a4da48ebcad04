import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MarketRedefined, readCatalogue } from "../../../lib/market/market.ts";
import { hashOf } from "../../../lib/matching/entry.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { plan } from "../../../lib/matching/plan.ts";
import {
  DamagedSnapshot,
  openSnapshot,
  type Snapshot,
  stateText,
  takeSnapshot,
} from "../../../lib/matching/snapshot.ts";
import definitions from "../../../resources/markets.json" with { type: "json" };
import { Play, queued } from "../../support/matching/play.ts";
import {
  cancelOf,
  freezeOf,
  MARKET,
  placeOf,
  randomCommands,
  termsOf,
} from "../../support/matching/random-commands.ts";
import { runs } from "../../support/property-runs.ts";

function played(commands: Parameters<Play["take"]>[0]): Play["state"] {
  const play = new Play();
  play.run(commands, 10);
  return play.state;
}

/** What would stand in a snapshot, changed, under a checksum that fits. */
function forged({ bytes }: Snapshot, change: (wire: Record<string, unknown>) => unknown): Snapshot {
  const changed = gzipSync(JSON.stringify(change(JSON.parse(gunzipSync(bytes).toString("utf8")))));
  return { bytes: changed, checksum: hashOf(changed) };
}

describe("a snapshot", () => {
  test("of any state opens as that state, and of equal states has equal bytes", () => {
    fc.assert(
      fc.property(randomCommands, (commands) => {
        const state = played(commands);
        const snapshot = takeSnapshot(state);
        const opened = openSnapshot(MARKET, snapshot);
        expect(stateText(opened)).toBe(stateText(state));
        expect(Buffer.compare(takeSnapshot(opened).bytes, snapshot.bytes)).toBe(0);
        expect(Buffer.compare(takeSnapshot(played(commands)).bytes, snapshot.bytes)).toBe(0);
      }),
      { numRuns: runs(100) },
    );
  });

  test("in the middle of a long command holds its taker and its continuation, and both are taken up", () => {
    const play = new Play();
    for (let index = 0; index < 120; index++) {
      play.take([
        placeOf({ id: `S${index}`, userId: `M${index}`, side: "sell", priceTicks: 100n, quantityLots: 1n }),
      ]);
    }
    const sweep = queued([placeOf({ id: "B1", priceTicks: 100n, quantityLots: 120n })], 1_000);
    const first = plan(play.state, { epoch: "epoch", commands: sweep });
    expect(first.entry.continuation?.command.id).toBe("B1");
    play.state.keep();
    const opened = openSnapshot(MARKET, takeSnapshot(play.state));
    expect(opened.taker?.filledLots).toBe(play.state.taker?.filledLots);
    expect(stateText(opened)).toBe(stateText(play.state));
    expect(plan(opened, { epoch: "epoch", commands: sweep }).sealed).toEqual(
      plan(play.state, { epoch: "epoch", commands: sweep }).sealed,
    );
  });

  test("of a market in which nothing has happened reads as it always has, so that old ones stay readable", () => {
    expect(JSON.parse(stateText(new MarketState(MARKET)))).toEqual({
      format: 2,
      market: "BTC-USDT",
      units: "tick 5e-1 lot 1000000e-8 quote e-6",
      head: { version: 0, hash: "", epoch: "", lastSequence: "0", timeMs: 0 },
      status: ["open", 0],
      fees: ["0", "0"],
      accounts: [],
      bids: [],
      asks: [],
    });
  });

  test("keeps whose account is frozen, and is the same in whatever order they were", () => {
    const frozen = (...userIds: string[]) => played(userIds.map((userId) => freezeOf(`F-${userId}`, userId)));
    const state = frozen("BOB", "ALICE");
    const opened = openSnapshot(MARKET, takeSnapshot(state));
    expect(["ALICE", "BOB", "CAROL"].map((userId) => opened.isFrozen(userId))).toEqual([true, true, false]);
    const { accounts } = JSON.parse(stateText(state));
    expect(accounts).toEqual(JSON.parse(stateText(frozen("ALICE", "BOB"))).accounts);
  });

  test("keeps the order of arrival within a price", () => {
    const ids = ["O9", "O1", "O5"];
    const state = played(ids.map((id) => placeOf({ id, userId: id, priceTicks: 10n, quantityLots: 1n })));
    const opened = openSnapshot(MARKET, takeSnapshot(state));
    expect([...opened.book.orders("buy")].map(({ id }) => id)).toEqual(ids);
  });

  test("that is damaged is refused", () => {
    const order = { id: "O1", priceTicks: 10n, quantityLots: 1n };
    const snapshot = takeSnapshot(played([placeOf(order), cancelOf("C1", termsOf(order))]));
    const flipped = Uint8Array.from(snapshot.bytes);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    expect(() => openSnapshot(MARKET, { ...snapshot, bytes: flipped })).toThrow(DamagedSnapshot);
    expect(() => openSnapshot(MARKET, { ...snapshot, bytes: snapshot.bytes.subarray(0, 10) })).toThrow(
      DamagedSnapshot,
    );
    expect(() =>
      openSnapshot(
        MARKET,
        forged(snapshot, (wire) => ({ ...wire, format: 1 })),
      ),
    ).toThrow(/format 1/);
    expect(() =>
      openSnapshot(
        MARKET,
        forged(snapshot, (wire) => ({ ...wire, bids: [[{}]] })),
      ),
    ).toThrow();
  });

  test("of a market that was redefined meanwhile is refused, and not as damaged: no older one is better", () => {
    const redefined = { ...MARKET, tickUnits: MARKET.tickUnits * 10n };
    expect(() => openSnapshot(redefined, takeSnapshot(played([])))).toThrow(MarketRedefined);
  });

  test("of another market is refused", () => {
    const other = readCatalogue(definitions).markets.get("ETH-USDT");
    if (other === undefined) throw new Error("no market");
    expect(() => openSnapshot(other, takeSnapshot(played([])))).toThrow(DamagedSnapshot);
  });
});
