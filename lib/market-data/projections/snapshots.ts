import { dropOldSnapshots, saveSnapshot, snapshotHeaders } from "../../journal/snapshots.ts";
import type { MarketState } from "../../matching/market-state.ts";
import type { Log, Metrics } from "../../ports/ports.ts";
import type { Store } from "../../store/store.ts";
import { lowestWatermark, summaryKey } from "../market-items.ts";
import type { Picture } from "./projection.ts";

/** A snapshot costs with the book's size, and saves replays of the tail: the bigger the book, the rarer. */
const EVERY = 500;
const ORDERS_PER_ENTRY = 20;

type Ports = { readonly store: Store; readonly log: Log; readonly metrics: Metrics };

/** Whole states from which matchers and projectors recover. Old ones go as soon as no projection may need them. */
export class SnapshotPicture implements Picture {
  readonly #ports: Ports;
  readonly #every: number;
  #drawn: number | undefined;

  constructor(ports: Ports, every = EVERY) {
    this.#ports = ports;
    this.#every = every;
  }

  async draw(state: MarketState): Promise<void> {
    const { store, log, metrics } = this.#ports;
    const { market } = state.market;
    const { version } = state.head;
    this.#drawn ??= Number((await snapshotHeaders(market, { store }, version))[0]?.sk ?? 0);
    // What a recovery would have to replay.
    metrics.add("SnapshotLag", "Count", version - this.#drawn, { market });
    if (version - this.#drawn < Math.max(this.#every, Math.floor(state.book.size / ORDERS_PER_ENTRY))) return;
    const { bytes } = await saveSnapshot(state, { store });
    this.#drawn = version;
    log.info("snapshot_saved", { market, version, orders: state.book.size, bytes });
    const summary = await store.get({ table: "market-data", key: summaryKey(market) });
    await dropOldSnapshots({ market, watermark: lowestWatermark(summary) }, { store });
  }
}
