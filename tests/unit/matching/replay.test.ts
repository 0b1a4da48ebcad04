import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MarketRedefined, unitsText } from "../../../lib/market/market.ts";
import {
  DamagedEntry,
  type Entry,
  hashOf,
  type SealedEntry,
  seal,
  unseal,
} from "../../../lib/matching/entry.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { replay } from "../../../lib/matching/replay.ts";
import { openSnapshot, stateText, takeSnapshot } from "../../../lib/matching/snapshot.ts";
import { Play } from "../../support/matching/play.ts";
import { MARKET, placeOf, randomCommands } from "../../support/matching/random-commands.ts";
import { runs } from "../../support/property-runs.ts";

const batchSize = fc.integer({ min: 1, max: 10 });

function replayed(journal: readonly SealedEntry[], from = new MarketState(MARKET)): MarketState {
  for (const sealed of journal) replay(from, sealed);
  return from;
}

describe("the journal of any run", () => {
  test("gives the state that the run has left, to the byte", () => {
    fc.assert(
      fc.property(randomCommands, batchSize, (commands, size) => {
        const play = new Play();
        play.run(commands, size);
        expect(stateText(replayed(play.journal))).toBe(stateText(play.state));
      }),
      { numRuns: runs(150) },
    );
  });

  test("gives it also from a snapshot taken anywhere, and goes on from there as if nothing had been", () => {
    fc.assert(
      fc.property(randomCommands, randomCommands, batchSize, fc.nat(), (commands, later, size, pick) => {
        const play = new Play();
        play.run(commands, size);
        const cut = pick % (play.journal.length + 1);
        const before = replayed(play.journal.slice(0, cut));
        const state = replayed(play.journal.slice(cut), openSnapshot(MARKET, takeSnapshot(before)));
        expect(stateText(state)).toBe(stateText(play.state));
        const renamed = later
          .map((command) => ({ ...command, id: `L${command.id}` }))
          .filter(({ kind }) => kind !== "place");
        play.run(renamed, size);
        expect(stateText(replayed(play.journal.slice(state.head.version), state))).toBe(
          stateText(play.state),
        );
      }),
      { numRuns: runs(100) },
    );
  });
});

test("what is replayed is told, entry and effects, and is never taken back", () => {
  const play = new Play();
  play.take([placeOf({ id: "S1", userId: "BOB", side: "sell", priceTicks: 100n, quantityLots: 3n })]);
  play.take([placeOf({ id: "B1", priceTicks: 100n, quantityLots: 1n })]);
  const state = new MarketState(MARKET);
  const told = play.journal.map((sealed) => replay(state, sealed));
  expect(told.map(({ entry }) => entry)).toEqual(play.journal.map(unseal));
  expect(told.map(({ effects }) => effects.trades.map(({ lots }) => lots))).toEqual([[], [1n]]);
  state.rollBack(0);
  expect(stateText(state)).toBe(stateText(play.state));
});

describe("the first entry", () => {
  test("alone says in which units the market counts, and refuses a market that was redefined", () => {
    const play = new Play();
    for (const id of ["B1", "B2"]) play.take([placeOf({ id, priceTicks: 99n, quantityLots: 1n })]);
    expect(play.journal.map((sealed) => unseal(sealed).units)).toEqual([unitsText(MARKET), undefined]);
    const redefined = new MarketState({ ...MARKET, lotUnits: MARKET.lotUnits * 10n });
    expect(() => replayed(play.journal, redefined)).toThrow(MarketRedefined);
  });
});

describe("a damaged entry", () => {
  function journal(): readonly SealedEntry[] {
    const play = new Play();
    play.take([placeOf({ id: "S1", userId: "BOB", side: "sell", priceTicks: 100n, quantityLots: 3n })]);
    play.take([placeOf({ id: "B1", priceTicks: 100n, quantityLots: 1n })]);
    play.take([placeOf({ id: "B2", priceTicks: 99n, quantityLots: 1n })]);
    return play.journal;
  }

  /** The journal with its second entry changed and sealed again, as somebody would who knows how. */
  function forged(change: (entry: Entry) => Entry): readonly SealedEntry[] {
    const [first, second, ...rest] = journal();
    if (first === undefined || second === undefined) throw new Error("no entries");
    return [first, seal(change(unseal(second))), ...rest];
  }

  test("whose text does not match its hash is detected", () => {
    const [first] = journal();
    if (first === undefined) throw new Error("no entry");
    expect(() => replayed([{ ...first, body: first.body.replace("S1", "S2") }])).toThrow(DamagedEntry);
  });

  test("that stands under another version or market than it says is detected", () => {
    const [first] = journal();
    if (first === undefined) throw new Error("no entry");
    expect(() => replayed([{ ...first, version: 2 }])).toThrow(/says that it is/);
    expect(() => replayed([{ ...first, market: "ETH-USDT" }])).toThrow(/says that it is/);
    const other = { ...unseal(first), market: "ETH-USDT" };
    expect(() => replayed([seal(other)])).toThrow(/does not follow/);
  });

  test("that is missing, repeated or out of order is detected", () => {
    const [first, second, third] = journal() as [SealedEntry, SealedEntry, SealedEntry];
    expect(() => replayed([first, third])).toThrow(/does not follow/);
    expect(() => replayed([first, first])).toThrow(/does not follow/);
    expect(() => replayed([second])).toThrow("entry 2 of BTC-USDT does not follow version 0 of BTC-USDT");
  });

  test("that was changed and sealed again breaks the chain of hashes", () => {
    expect(() => replayed(forged((entry) => ({ ...entry, timeMs: entry.timeMs + 1 })))).toThrow(
      /chain of hashes/,
    );
    const [first, second] = journal() as [SealedEntry, SealedEntry];
    const cut = seal({ ...unseal(second), previousHash: hashOf("another") });
    expect(() => replayed([first, cut])).toThrow(/chain of hashes/);
  });

  test("with other levels or fees than its events give is detected, though its hash is right", () => {
    const levels = { buy: [], sell: [[100n, 1n]] } as const;
    expect(() => replayed(forged((entry) => ({ ...entry, levels })))).toThrow(/other sell levels/);
    expect(() =>
      replayed(forged((entry) => ({ ...entry, levels: { ...entry.levels, buy: [[98n, 1n]] } }))),
    ).toThrow(/other buy levels/);
    expect(() =>
      replayed(forged((entry) => ({ ...entry, fees: { ...entry.fees, quote: entry.fees.quote - 1n } }))),
    ).toThrow(/other fees/);
    expect(() => replayed(forged((entry) => ({ ...entry, fees: { ...entry.fees, base: 0n } })))).toThrow(
      /other fees/,
    );
  });

  test("whose events cannot be true is refused", () => {
    const events = [{ type: "closed", orderId: "S9", status: "cancelled" }] as const;
    expect(() => replayed(forged((entry) => ({ ...entry, events })))).toThrow(/S9 is not in the market/);
  });
});
