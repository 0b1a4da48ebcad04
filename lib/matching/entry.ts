import { createHash } from "node:crypto";
import type { Event } from "./event.ts";
import type { Continuation } from "./market-state.ts";
import { commandFromWire, commandToWire, type WireCommand } from "./wire/command.ts";
import { eventFromWire, eventToWire, type WireEvent } from "./wire/event.ts";

/** Levels after an entry, for each price that it changed: [price in ticks, total lots], 0 lots where none is left. */
export type LevelChanges = readonly (readonly [priceTicks: bigint, lots: bigint])[];

/** One journal entry: audit record, recovery log, fence and market data feed in one. */
export type Entry = {
  readonly market: string;
  readonly version: number;
  readonly previousHash: string;
  readonly epoch: string;
  readonly lastSequence: string;
  /** Market time, milliseconds since 1970. */
  readonly timeMs: number;
  /** Ids of the commands that this entry completes. */
  readonly commands: readonly string[];
  readonly events: readonly Event[];
  readonly levels: { readonly buy: LevelChanges; readonly sell: LevelChanges };
  /** Earned since the market's beginning, in smallest units. */
  readonly fees: { readonly base: bigint; readonly quote: bigint };
  readonly continuation?: Continuation;
  /** In a market's first entry: what all its numbers mean. */
  readonly units?: string;
};

/** An entry as it is stored: the very text that the hash covers. */
export type SealedEntry = {
  readonly market: string;
  readonly version: number;
  readonly hash: string;
  readonly body: string;
};

type WireLevels = readonly (readonly [string, string])[];
type Wire = {
  readonly m: string;
  readonly v: number;
  readonly p: string;
  readonly q: readonly [epoch: string, lastSequence: string];
  readonly t: number;
  readonly c: readonly string[];
  readonly e: readonly WireEvent[];
  readonly l: readonly [buy: WireLevels, sell: WireLevels];
  readonly f: readonly [base: string, quote: string];
  readonly d?: string;
  readonly n?: readonly [epoch: string, sequence: string, command: WireCommand];
};

/** Short names, because an entry is paid for by the kilobyte and written for every batch. */
export function seal(entry: Entry): SealedEntry {
  const { continuation } = entry;
  const wire: Wire = {
    m: entry.market,
    v: entry.version,
    p: entry.previousHash,
    q: [entry.epoch, entry.lastSequence],
    t: entry.timeMs,
    c: entry.commands,
    e: entry.events.map(eventToWire),
    l: [levelsToWire(entry.levels.buy), levelsToWire(entry.levels.sell)],
    f: [String(entry.fees.base), String(entry.fees.quote)],
    ...(entry.units === undefined ? {} : { d: entry.units }),
    ...(continuation === undefined
      ? {}
      : { n: [continuation.epoch, continuation.sequence, commandToWire(continuation.command)] as const }),
  };
  const body = JSON.stringify(wire);
  return { market: entry.market, version: entry.version, hash: hashOf(body), body };
}

/** A stored entry that is not what was sealed. */
export class DamagedEntry extends Error {
  override readonly name = "DamagedEntry";
}

/** Reads a stored entry after checking its hash. */
export function unseal(sealed: SealedEntry): Entry {
  if (hashOf(sealed.body) !== sealed.hash)
    throw new DamagedEntry(`entry ${sealed.version} of ${sealed.market} does not match its hash`);
  const wire = JSON.parse(sealed.body) as Wire;
  if (wire.m !== sealed.market || wire.v !== sealed.version) {
    throw new DamagedEntry(
      `entry ${sealed.version} of ${sealed.market} says that it is ${wire.v} of ${wire.m}`,
    );
  }
  return {
    market: wire.m,
    version: wire.v,
    previousHash: wire.p,
    epoch: wire.q[0],
    lastSequence: wire.q[1],
    timeMs: wire.t,
    commands: wire.c,
    events: wire.e.map(eventFromWire),
    levels: { buy: levelsFromWire(wire.l[0]), sell: levelsFromWire(wire.l[1]) },
    fees: { base: BigInt(wire.f[0]), quote: BigInt(wire.f[1]) },
    ...(wire.d === undefined ? {} : { units: wire.d }),
    ...(wire.n === undefined
      ? {}
      : { continuation: { epoch: wire.n[0], sequence: wire.n[1], command: commandFromWire(wire.n[2]) } }),
  };
}

export function hashOf(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

function levelsToWire(levels: LevelChanges): WireLevels {
  return levels.map(([price, lots]) => [String(price), String(lots)] as const);
}

function levelsFromWire(levels: WireLevels): LevelChanges {
  return levels.map(([price, lots]) => [BigInt(price), BigInt(lots)] as const);
}
