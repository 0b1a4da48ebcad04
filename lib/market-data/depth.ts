import { type SealedEntry, unseal } from "../matching/entry.ts";
import type { MarketState } from "../matching/market-state.ts";
import type { Item } from "../store/store.ts";

/** As many levels of a side as a client may ask for. */
export const MOST_LEVELS = 1_000;

export type OrderBook = {
  readonly version: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};
type Level = readonly [priceTicks: bigint, lots: bigint];

/** One market's depth as a reader follows it: the levels as of some version, brought up to date by those that each entry carries. */
export class Depth {
  version: number;
  readonly #bids: Map<bigint, bigint>;
  readonly #asks: Map<bigint, bigint>;
  /** The worst price that is known, where the depth was cut there. Nothing beyond it may be shown. */
  readonly #lastBid: bigint | undefined;
  readonly #lastAsk: bigint | undefined;

  private constructor({ version, bids, asks }: OrderBook, most = Number.POSITIVE_INFINITY) {
    this.version = version;
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
    if (bids.length >= most) this.#lastBid = bids.at(-1)?.[0];
    if (asks.length >= most) this.#lastAsk = asks.at(-1)?.[0];
  }

  /** As it was projected, or of a market of which nothing was. */
  static projected(item: Item | undefined): Depth {
    if (item === undefined) return new Depth({ version: 0, bids: [], asks: [] });
    const side = (text: unknown): readonly Level[] =>
      (JSON.parse(String(text)) as [string, string][]).map(([price, lots]) => [BigInt(price), BigInt(lots)]);
    const { version, bids, asks, most } = item;
    return new Depth({ version: Number(version), bids: side(bids), asks: side(asks) }, Number(most));
  }

  /** All levels that there are. */
  static whole({ head, book }: MarketState): Depth {
    const side = (name: "buy" | "sell") => book.levels(name, Number.MAX_SAFE_INTEGER);
    return new Depth({ version: head.version, bids: side("buy"), asks: side("sell") });
  }

  /** Takes in the entry that follows; one that is known already changes nothing. */
  apply(sealed: SealedEntry): void {
    if (sealed.version <= this.version) return;
    const { levels } = unseal(sealed);
    for (const [price, lots] of levels.buy) {
      if (this.#lastBid === undefined || price >= this.#lastBid) setLevel(this.#bids, price, lots);
    }
    for (const [price, lots] of levels.sell) {
      if (this.#lastAsk === undefined || price <= this.#lastAsk) setLevel(this.#asks, price, lots);
    }
    this.version = sealed.version;
  }

  /** Whether trades have used up so much of a cut depth that it may show fewer levels than the book has. */
  isShort(depth: number): boolean {
    return (
      (this.#lastBid !== undefined && this.#bids.size < depth) ||
      (this.#lastAsk !== undefined && this.#asks.size < depth)
    );
  }

  best(depth: number): OrderBook {
    const bids = [...this.#bids].sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, depth);
    const asks = [...this.#asks].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, depth);
    return { version: this.version, bids, asks };
  }
}

function setLevel(levels: Map<bigint, bigint>, price: bigint, lots: bigint): void {
  if (lots === 0n) levels.delete(price);
  else levels.set(price, lots);
}
