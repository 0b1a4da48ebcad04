import { recover } from "../../lib/journal/recover.ts";
import { snapshotHeaders } from "../../lib/journal/snapshots.ts";
import type { Market } from "../../lib/market/market.ts";
import { summaryKey } from "../../lib/market-data/market-items.ts";
import { type BookCache, readOrderBook } from "../../lib/market-data/order-book.ts";
import { STATISTICS } from "../../lib/market-data/projections/statistics.ts";
import type { Store } from "../../lib/store/store.ts";
import { VirtualClock } from "./effects.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import { entriesKey } from "./warm-projectors.ts";

const DEPTH = 1_000;
const SECOND_MS = 1_000;

/** What must be so of market data at any moment. Remembers what it saw the last time, and its reader of order books stays warm. */
export class MarketDataJudge {
  readonly #store: Store;
  readonly #clock = new VirtualClock();
  readonly #books: BookCache = new Map();
  /** The newest snapshot at or below a market's watermark; it may only get newer. */
  readonly #snapshots = new Map<string, number>();

  constructor(store: Store) {
    this.#store = store;
  }

  async judge(): Promise<readonly string[]> {
    const found: string[] = [];
    this.#clock.advance(SECOND_MS);
    for (const market of CATALOGUE.markets.values())
      found.push(...(await this.#judgeSnapshots(market)), ...(await this.#judgeBook(market)));
    return found;
  }

  async #judgeSnapshots({ market }: Market): Promise<readonly string[]> {
    const summary = await this.#store.get({ table: "market-data", key: summaryKey(market) });
    const watermark = Number(summary?.[STATISTICS.watermark] ?? 0n);
    const [header] = await snapshotHeaders(market, { store: this.#store }, watermark);
    const newest = Number(header?.sk ?? 0);
    const before = this.#snapshots.get(market) ?? 0;
    this.#snapshots.set(market, newest);
    return newest < before
      ? [
          `${market}: snapshot ${before} is gone, and at or below watermark ${watermark} there is ${newest} now`,
        ]
      : [];
  }

  async #judgeBook(market: Market): Promise<readonly string[]> {
    const quiet = { info: () => {}, warn: () => {}, error: () => {} };
    const ports = { catalogue: CATALOGUE, store: this.#store, clock: this.#clock, log: quiet };
    const { head, book } = await recover(market, Number.POSITIVE_INFINITY, ports);
    const wanted = {
      version: head.version,
      bids: book.levels("buy", DEPTH),
      asks: book.levels("sell", DEPTH),
    };
    const shown = await readOrderBook(
      { market: market.market, depth: DEPTH, minVersion: head.version },
      { ...ports, books: this.#books },
    );
    return shown.ok && textOf(shown.value) === textOf(wanted)
      ? []
      : [`${market.market}: the order book is not that of version ${head.version}`];
  }
}

/** Each journal entry was projected once, also by the projection that was new. */
export async function judgeEntries(
  market: Market,
  entries: number,
  store: Store,
): Promise<readonly string[]> {
  const { items } = await store.query({ table: "market-data", pk: entriesKey(market.market) });
  const count = Number(items.find(({ sk }) => sk === "COUNT")?.entries ?? 0n);
  const rows = items.filter(({ sk }) => sk !== "COUNT").length;
  return rows === entries && count === entries
    ? []
    : [`${market.market}: of ${entries} entries ${rows} were projected, and ${count} counted`];
}

function textOf(value: object): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
}
