import { readJournal } from "../journal/read-journal.ts";
import { RecoveryUnfinished, recoverAt } from "../journal/recover.ts";
import type { Market } from "../market/market.ts";
import type { SealedEntry } from "../matching/entry.ts";
import type { MarketState } from "../matching/market-state.ts";
import { replay } from "../matching/replay.ts";
import type { Clock, Log, Metrics } from "../ports/ports.ts";
import { type RetryPorts, withRetries } from "../store/retries.ts";
import type { Condition, Item, Store, Write } from "../store/store.ts";
import { summaryKey } from "./market-items.ts";
import { DepthPicture } from "./projections/depth.ts";
import type { Picture, Projection } from "./projections/projection.ts";
import { SnapshotPicture } from "./projections/snapshots.ts";
import { STATISTICS } from "./projections/statistics.ts";
import { TRADES } from "./projections/trades.ts";

export type ProjectorPorts = RetryPorts & {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** What is made of a journal. */
export type Feed = { readonly projections: readonly Projection[]; readonly pictures: readonly Picture[] };

/** Projections that stand at one watermark: they read the journal together. */
type Group = { readonly version: number; readonly projections: readonly Projection[] };

type Followed = {
  /** Whether the journal's end was reached, and if not, why. */
  readonly end: "reached" | "out_of_time" | "overtaken";
  readonly state: MarketState;
};

/** A transaction takes a hundred items: the watermarks' one and these. */
const MOST_ADDITIONS = 99;

export const PROJECTIONS: readonly Projection[] = [TRADES, STATISTICS];

function feedOf(ports: ProjectorPorts): Feed {
  return { projections: PROJECTIONS, pictures: [new DepthPicture(ports), new SnapshotPicture(ports)] };
}

/**
 * Follows one market's journal and gives its entries, in order, to the market's projections. Each has a watermark of its own, and all of them
 * stand in one item. What wakes the projector, how often, and with how many beside it does not matter: rows are the same when written
 * again, and a watermark moves from one value to the next only once.
 */
export class Projector {
  readonly #market: Market;
  readonly #ports: ProjectorPorts;
  readonly #feed: Feed;
  /** The market as each projection has last seen it; those of one group share it. */
  readonly #states = new Map<Projection, MarketState>();

  constructor(market: Market, ports: ProjectorPorts, feed = feedOf(ports)) {
    this.#market = market;
    this.#ports = ports;
    this.#feed = feed;
  }

  /**
   * Projects up to the journal's end, or until the deadline. Those projections go first that are ahead: one that is new, and has the whole
   * journal to read, does not keep the others waiting.
   * @returns whether the journal's end was reached by all.
   */
  async run(deadlineMs: number): Promise<boolean> {
    try {
      const [leaders, ...laggards] = await this.#groups();
      if (leaders === undefined) return true;
      const { end, state } = await this.#follow(leaders, deadlineMs);
      if (end !== "overtaken") for (const picture of this.#feed.pictures) await picture.draw(state);
      if (end !== "reached") return false;
      let isDone = true;
      // However little time is left, each gets a page further.
      for (const group of laggards) {
        const followed = await this.#follow(group, deadlineMs);
        isDone &&= followed.end === "reached";
      }
      return isDone;
    } catch (fault) {
      this.#states.clear();
      if (!(fault instanceof RecoveryUnfinished)) throw fault;
      this.#ports.log.warn("projector_not_recovered", {
        market: this.#market.market,
        cause: fault.message,
      });
      return false;
    }
  }

  /** The most advanced first. */
  async #groups(): Promise<readonly Group[]> {
    const summary = await this.#ports.store.get({
      table: "market-data",
      key: summaryKey(this.#market.market),
    });
    const groups = new Map<number, Projection[]>();
    for (const projection of this.#feed.projections) {
      const watermark = summary?.[projection.watermark];
      const version = watermark === undefined ? await this.#begin(projection) : Number(watermark);
      groups.set(version, [...(groups.get(version) ?? []), projection]);
    }
    return [...groups]
      .map(([version, projections]) => ({ version, projections }))
      .sort((a, b) => b.version - a.version);
  }

  /** From its first watermark on, what it may need of the market's snapshots is kept. */
  async #begin({ watermark, after = 0 }: Projection): Promise<number> {
    const first: Write = {
      kind: "update",
      table: "market-data",
      key: summaryKey(this.#market.market),
      set: { [watermark]: BigInt(after) },
      when: [{ attribute: watermark, is: "absent" }],
    };
    // Where another one has begun it meanwhile, its watermark may have moved already: then the first step's condition says so.
    await withRetries(() => this.#ports.store.write(first), this.#ports);
    return after;
  }

  async #follow({ version, projections }: Group, deadlineMs: number): Promise<Followed> {
    const { clock } = this.#ports;
    const state = await this.#recovered({ version, projections }, deadlineMs);
    const perEntry = projections.reduce((sum, { additions }) => sum + (additions?.perEntry ?? 0), 0);
    const size = Math.floor(MOST_ADDITIONS / Math.max(1, perEntry));
    for await (const run of readJournal({ market: this.#market.market, after: version }, this.#ports)) {
      for (let start = 0; start < run.length; start += size) {
        // Another projector may be faster: its watermark is the truth.
        if (!(await this.#project(run.slice(start, start + size), { state, projections })))
          return { end: "overtaken", state };
      }
      if (clock.nowMs() >= deadlineMs) return { end: "out_of_time", state };
    }
    return { end: "reached", state };
  }

  /** The state as of the watermark: entries after it are still to be projected. */
  async #recovered({ version, projections }: Group, deadlineMs: number): Promise<MarketState> {
    const known = projections
      .flatMap((projection) => this.#states.get(projection) ?? [])
      .filter(({ head }) => head.version <= version)
      .sort((a, b) => b.head.version - a.head.version)[0];
    const state = await recoverAt({ market: this.#market, version, known }, deadlineMs, this.#ports);
    for (const projection of projections) this.#states.set(projection, state);
    return state;
  }

  /** One step: rows first, then the watermarks, with all that must count once. */
  async #project(
    entries: readonly SealedEntry[],
    { state, projections }: { readonly state: MarketState; readonly projections: readonly Projection[] },
  ): Promise<boolean> {
    const { store, clock, metrics } = this.#ports;
    const from = state.head.version;
    const step = entries.map((sealed) => replay(state, sealed));
    await store.putMany(projections.flatMap(({ rows }) => (rows === undefined ? [] : step.flatMap(rows))));
    const additions = projections.flatMap(({ additions }) => additions?.of(state, step) ?? []);
    const watermarks = this.#watermarksWrite(from, { state, projections });
    // Alone, the watermarks cost half of what they cost in a transaction.
    const outcome = await withRetries(
      () => (additions.length === 0 ? store.write(watermarks) : store.transact([watermarks, ...additions])),
      this.#ports,
    );
    if (outcome.ok)
      metrics.add("ProjectionLag", "Milliseconds", Math.max(0, clock.nowMs() - state.head.timeMs), {
        market: this.#market.market,
      });
    return outcome.ok;
  }

  #watermarksWrite(
    from: number,
    { state, projections }: { readonly state: MarketState; readonly projections: readonly Projection[] },
  ): Write {
    const set: { [attribute: string]: Item[string] } = {};
    for (const { watermark, figures } of projections)
      Object.assign(set, { [watermark]: BigInt(state.head.version) }, figures?.(state));
    return {
      kind: "update",
      table: "market-data",
      key: summaryKey(this.#market.market),
      set,
      when: projections.map(
        ({ watermark }): Condition => ({ attribute: watermark, is: "equal", to: BigInt(from) }),
      ),
    };
  }
}
