import { type Result, refuse, success } from "../contract/refusal.ts";
import { readJournal } from "../journal/read-journal.ts";
import type { Catalogue } from "../market/market.ts";
import { type LevelChanges, unseal } from "../matching/entry.ts";
import type { Clock } from "../ports/ports.ts";
import type { Item, Store } from "../store/store.ts";
import { depthKey } from "./market-items.ts";

export type OrderBook = {
  readonly version: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};
type Level = readonly [priceTicks: bigint, lots: bigint];

/**
 * One market's depth as a reader follows it: the projected depth, brought up to the journal's end by the levels that each entry carries.
 * So an order book is never behind what its client was answered, and nothing has to be written for it at each entry.
 */
class Depth {
  version = 0;
  readonly bids = new Map<bigint, bigint>();
  readonly asks = new Map<bigint, bigint>();
  /** The worst price that is known, where the projected depth was cut there. Nothing beyond it may be shown. */
  #lastBid: bigint | undefined;
  #lastAsk: bigint | undefined;

  constructor(item: Item | undefined) {
    if (item === undefined) return;
    this.version = Number(item.version);
    const most = Number(item.most);
    const bids = JSON.parse(String(item.bids)) as [string, string][];
    const asks = JSON.parse(String(item.asks)) as [string, string][];
    for (const [price, lots] of bids) this.bids.set(BigInt(price), BigInt(lots));
    for (const [price, lots] of asks) this.asks.set(BigInt(price), BigInt(lots));
    if (bids.length >= most) this.#lastBid = BigInt(bids.at(-1)?.[0] ?? 0);
    if (asks.length >= most) this.#lastAsk = BigInt(asks.at(-1)?.[0] ?? 0);
  }

  apply(version: number, levels: { readonly buy: LevelChanges; readonly sell: LevelChanges }): void {
    for (const [price, lots] of levels.buy) {
      if (this.#lastBid === undefined || price >= this.#lastBid) setLevel(this.bids, price, lots);
    }
    for (const [price, lots] of levels.sell) {
      if (this.#lastAsk === undefined || price <= this.#lastAsk) setLevel(this.asks, price, lots);
    }
    this.version = version;
  }

  /** Whether trades have used up so much of a cut depth that it shows fewer levels than asked for. */
  isShort(depth: number): boolean {
    return (
      (this.#lastBid !== undefined && this.bids.size < depth) ||
      (this.#lastAsk !== undefined && this.asks.size < depth)
    );
  }

  best(depth: number): OrderBook {
    const bids = [...this.bids].sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, depth);
    const asks = [...this.asks].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, depth);
    return { version: this.version, bids, asks };
  }
}

function setLevel(levels: Map<bigint, bigint>, price: bigint, lots: bigint): void {
  if (lots === 0n) levels.delete(price);
  else levels.set(price, lots);
}

/** Depths that this instance has read; each request brings its market's up to date. */
export type DepthCache = Map<string, Promise<Depth>>;

export async function readOrderBook(
  { market, depth }: { readonly market: string; readonly depth: number },
  ports: {
    readonly catalogue: Catalogue;
    readonly store: Store;
    readonly clock: Clock;
    readonly depths: DepthCache;
  },
): Promise<Result<OrderBook>> {
  if (!ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  // One after the other per market: two at once would apply the same entries twice.
  const before = ports.depths.get(market);
  const next = (before ?? Promise.resolve(undefined))
    .catch(() => undefined)
    .then(async (known) => {
      const current = await upToDate(known, market, ports);
      return current.isShort(depth) ? await upToDate(undefined, market, ports) : current;
    });
  ports.depths.set(market, next);
  return success((await next).best(depth));
}

async function upToDate(
  known: Depth | undefined,
  market: string,
  ports: { store: Store; clock: Clock },
): Promise<Depth> {
  const depth = known ?? new Depth(await ports.store.get({ table: "market-data", key: depthKey(market) }));
  for await (const run of readJournal({ market, after: depth.version }, ports)) {
    for (const sealed of run) depth.apply(sealed.version, unseal(sealed).levels);
  }
  return depth;
}
