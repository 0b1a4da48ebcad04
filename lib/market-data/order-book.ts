import { type Result, refuse, success } from "../contract/refusal.ts";
import { readJournal } from "../journal/read-journal.ts";
import { recoverToRead } from "../journal/recover.ts";
import type { Catalogue, Market } from "../market/market.ts";
import type { Clock, Log } from "../ports/ports.ts";
import type { Store } from "../store/store.ts";
import { Depth, MOST_LEVELS, type OrderBook } from "./depth.ts";
import { depthKey } from "./market-items.ts";
import { SharedRead } from "./shared-read.ts";

/** A version further ahead than any market moves between two reads: nobody was told of it. */
const FAR_AHEAD = 1_000;
/** A tail so long that the depth as it is projected by now is likely nearer to the journal's end. */
const FAR_BEHIND = 500;
/** Consistent reads, which cost twice as much and for which callers wait, that may follow one another at once. */
const DEAR_READS = 10;
const LONGEST_WAIT_MS = 500;
const PAUSE_MS = 25;
const RECOVERY_MS = 3_000;

type Ports = { readonly store: Store; readonly clock: Clock; readonly log: Log };

/** The books that this instance has read. */
export type BookCache = Map<string, BookReader>;

/**
 * A market's best levels: the projected depth, brought up to the journal's end. With `minVersion` the answer is of that version or a later
 * one; one that the journal does not reach within half a second is refused, and one far beyond it at once.
 */
export async function readOrderBook(
  request: { readonly market: string; readonly depth: number; readonly minVersion?: number | undefined },
  { catalogue, books, ...ports }: Ports & { readonly catalogue: Catalogue; readonly books: BookCache },
): Promise<Result<OrderBook>> {
  const market = catalogue.markets.get(request.market);
  if (market === undefined) return refuse("UNKNOWN_MARKET");
  const { depth, minVersion = 0 } = request;
  const reader = books.get(market.market) ?? new BookReader(market, ports);
  books.set(market.market, reader);
  const known = await reader.read(minVersion);
  if (minVersion - known.version > FAR_AHEAD) {
    return refuse("VALIDATION_ERROR", undefined, [
      { path: "minVersion", message: `is far beyond the market's version ${known.version}` },
    ]);
  }
  const whole = known.isShort(depth) ? await reader.readWhole() : known;
  if (whole.version < minVersion)
    return refuse("UNAVAILABLE", `The order book is at version ${whole.version} only`);
  return success(whole.best(depth));
}

/** Follows one market's book while the instance is warm. */
class BookReader {
  readonly #market: Market;
  readonly #ports: Ports;
  readonly #recent: SharedRead<Depth>;
  readonly #certain: SharedRead<Depth>;
  readonly #whole: SharedRead<Depth>;
  #depth: Depth | undefined;

  constructor(market: Market, ports: Ports) {
    this.#market = market;
    this.#ports = ports;
    this.#recent = new SharedRead(() => this.#follow({ consistent: false }), ports);
    const dear = { ...ports, burst: DEAR_READS };
    this.#certain = new SharedRead(() => this.#follow({ consistent: true }), dear);
    this.#whole = new SharedRead(() => this.#beginAnew(), dear);
  }

  /**
   * The book as of now, and of `minVersion` or later where the journal reaches it in time. Only for that, and only where the cheap read
   * shows that it is near, is the journal read consistently.
   */
  async read(minVersion: number): Promise<Depth> {
    const { clock } = this.#ports;
    const recent = await this.#recent.get();
    if (recent.version >= minVersion || minVersion - recent.version > FAR_AHEAD) return recent;
    // The order that its client was shown and its entry are of one transaction, but are not seen at the very same moment.
    const deadlineMs = clock.nowMs() + LONGEST_WAIT_MS;
    for (;;) {
      const certain = await this.#certain.get();
      if (certain.version >= minVersion || clock.nowMs() >= deadlineMs) return certain;
      await clock.sleep(PAUSE_MS);
    }
  }

  /** A book that has all levels that can be asked for. */
  readWhole(): Promise<Depth> {
    return this.#whole.get();
  }

  async #follow(how: { readonly consistent: boolean }): Promise<Depth> {
    const before = this.#depth;
    const depth = await this.#broughtUpToDate(before ?? (await this.#projected()), how);
    // Unless another read has put a whole one in its place meanwhile.
    if (this.#depth === before) this.#depth = depth;
    return depth;
  }

  async #projected(): Promise<Depth> {
    const { store } = this.#ports;
    return Depth.projected(await store.get({ table: "market-data", key: depthKey(this.#market.market) }));
  }

  async #broughtUpToDate(depth: Depth, { consistent }: { readonly consistent: boolean }): Promise<Depth> {
    const from = { market: this.#market.market, after: depth.version, consistent };
    let hasLooked = false;
    for await (const run of readJournal(from, this.#ports)) {
      for (const sealed of run) depth.apply(sealed);
      if (hasLooked || depth.version - from.after < FAR_BEHIND) continue;
      hasLooked = true;
      const projected = await this.#projected();
      if (projected.version > depth.version) return await this.#broughtUpToDate(projected, { consistent });
    }
    return depth;
  }

  /** The projected depth may be cut where trades have gone through since: then the market's state itself has the levels beyond. */
  async #beginAnew(): Promise<Depth> {
    const depth = await this.#broughtUpToDate(await this.#projected(), { consistent: true });
    if (!depth.isShort(MOST_LEVELS)) this.#depth = depth;
    else {
      const deadlineMs = this.#ports.clock.nowMs() + RECOVERY_MS;
      this.#depth = Depth.whole(await recoverToRead(this.#market, deadlineMs, this.#ports));
    }
    return this.#depth;
  }
}
