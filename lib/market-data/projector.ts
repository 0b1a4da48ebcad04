import { readJournal } from "../journal/read-journal.ts";
import { newestSnapshot, saveSnapshot, snapshotHeaders } from "../journal/snapshots.ts";
import type { Market } from "../market/market.ts";
import { MarketState } from "../matching/market-state.ts";
import { type Replayed, replay } from "../matching/replay.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { withRetries } from "../store/retries.ts";
import type { Write } from "../store/store.ts";
import { summaryKey } from "./market-items.ts";
import { depthRow, rowsOf, statisticsWrites } from "./projection.ts";

export type ProjectorPorts = Pick<ExchangePorts, "store" | "clock" | "random" | "log" | "metrics">;

/**
 * Entries per step: rows are written, then the watermark moves, together with the statistics. In a quiet market each entry is of another
 * hour, and a transaction takes a hundred items: the watermark and these.
 */
const STEP = 99;
/** Readers apply later entries to the depth themselves, so it is written now and then only. */
const DEPTH_EVERY = 32;
/** A snapshot costs with the book's size, and saves replays of the tail: the bigger the book, the rarer. */
const SNAPSHOT_EVERY = 500;
const ORDERS_PER_SNAPSHOT_ENTRY = 20;

/**
 * Follows one market's journal from its own watermark, in order. What wakes it, how often, and with how many beside it does
 * not matter: rows are the same when written again, and the watermark moves from one value to the next only once.
 */
export class Projector {
  readonly #market: Market;
  readonly #ports: ProjectorPorts;
  #state: MarketState | undefined;
  #depthVersion = -1;
  #snapshotVersion: number | undefined;

  constructor(market: Market, ports: ProjectorPorts) {
    this.#market = market;
    this.#ports = ports;
  }

  /** Projects up to the journal's end, or until the deadline. */
  async run(deadlineMs: number): Promise<void> {
    try {
      await this.#follow(deadlineMs);
    } catch (fault) {
      this.#state = undefined;
      throw fault;
    }
  }

  async #follow(deadlineMs: number): Promise<void> {
    const { store, clock, metrics } = this.#ports;
    const state = await this.#recovered();
    let watermark = state.head.version;
    for await (const run of readJournal({ market: this.#market.market, after: watermark }, this.#ports)) {
      for (let start = 0; start < run.length; start += STEP) {
        const step = run.slice(start, start + STEP).map((sealed) => replay(state, sealed));
        await store.putMany(step.flatMap(rowsOf));
        if (!(await this.#moveWatermark(watermark, step))) {
          // Another projector was faster; its watermark is the truth.
          this.#state = undefined;
          return;
        }
        watermark = state.head.version;
        metrics.add("ProjectionLag", "Milliseconds", Math.max(0, clock.nowMs() - state.head.timeMs));
      }
      if (clock.nowMs() >= deadlineMs) break;
    }
    if (watermark - this.#depthVersion >= DEPTH_EVERY) {
      await store.putMany([depthRow(state)]);
      this.#depthVersion = watermark;
    }
    await this.#snapshotWhenDue(state);
  }

  /** The state as of the watermark: entries after it are still to be projected. */
  async #recovered(): Promise<MarketState> {
    const { store } = this.#ports;
    const summary = await store.get({ table: "market-data", key: summaryKey(this.#market.market) });
    const watermark = Number(summary?.version ?? 0n);
    if (this.#state?.head.version === watermark) return this.#state;
    const state =
      (await newestSnapshot(this.#market, this.#ports, watermark)) ?? new MarketState(this.#market);
    for await (const run of readJournal(
      { market: this.#market.market, after: state.head.version },
      this.#ports,
    )) {
      for (const sealed of run) {
        if (state.head.version === watermark) break;
        replay(state, sealed);
      }
      if (state.head.version === watermark) break;
    }
    if (state.head.version !== watermark)
      throw new Error(`${this.#market.market} is projected up to ${watermark}, beyond its journal`);
    this.#state = state;
    return state;
  }

  /** Statistics are added in the transaction that moves the watermark, so each entry counts once. */
  async #moveWatermark(from: number, step: readonly Replayed[]): Promise<boolean> {
    const state = this.#state;
    if (state === undefined) throw new Error("no state to project");
    const watermark: Write = {
      kind: "update",
      table: "market-data",
      key: summaryKey(this.#market.market),
      set: {
        version: BigInt(state.head.version),
        timeMs: BigInt(state.head.timeMs),
        openOrders: BigInt(state.book.size),
        feesBase: state.fees.base,
        feesQuote: state.fees.quote,
      },
      when: [
        from === 0
          ? { attribute: "version", is: "absent" }
          : { attribute: "version", is: "equal", to: BigInt(from) },
      ],
    };
    const statistics = statisticsWrites(state, step);
    const { store } = this.#ports;
    // Alone, the watermark costs half of what it costs in a transaction.
    const outcome = await withRetries(
      () => (statistics.length === 0 ? store.write(watermark) : store.transact([watermark, ...statistics])),
      this.#ports,
    );
    return outcome.ok;
  }

  async #snapshotWhenDue(state: MarketState): Promise<void> {
    const { log } = this.#ports;
    const { market } = this.#market;
    if (this.#snapshotVersion === undefined) {
      const [newest] = await snapshotHeaders(market, this.#ports);
      this.#snapshotVersion = Number(newest?.sk ?? 0);
    }
    const due = Math.max(SNAPSHOT_EVERY, Math.floor(state.book.size / ORDERS_PER_SNAPSHOT_ENTRY));
    if (state.head.version - this.#snapshotVersion < due) return;
    const { bytes } = await saveSnapshot(state, this.#ports);
    this.#snapshotVersion = state.head.version;
    log.info("snapshot_saved", { market, version: state.head.version, orders: state.book.size, bytes });
  }
}
