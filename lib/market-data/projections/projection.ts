import type { MarketState } from "../../matching/market-state.ts";
import type { Replayed } from "../../matching/replay.ts";
import type { Item, Key, Write } from "../../store/store.ts";

export type Row = { readonly table: "market-data"; readonly item: Item & Key };

/**
 * What becomes of each journal entry, once. The projector gives it the entries in order and keeps its watermark; where that stands is what it
 * has seen. All of a projection is optional but the watermark's name.
 */
export type Projection = {
  /**
   * The attribute of the market's summary that holds its watermark, a name of its own. An attribute of a projection that was given up has
   * to be removed, since snapshots that it might need are kept.
   */
  readonly watermark: "version" | `version:${string}`;
  /** The version after which it begins; the journal's beginning if not said. */
  readonly after?: number;
  /** Written before the watermark moves, maybe several times and by several at once: the same entry must give the same rows. */
  readonly rows?: (replayed: Replayed) => readonly Row[];
  /** Written in the very transaction that moves the watermark, so exactly once. */
  readonly additions?: {
    /** How many writes an entry brings about at most. */
    readonly perEntry: number;
    readonly of: (state: MarketState, step: readonly Replayed[]) => readonly Write[];
  };
  /** Further attributes of the summary, as of the watermark. */
  readonly figures?: (state: MarketState) => Item;
};

/**
 * Something that shows a market as a whole and is drawn now and then: it carries the version that it is of, which is its watermark, and
 * whoever reads it applies later entries to it.
 */
export type Picture = {
  /** Draws it where it is due. */
  draw(state: MarketState): Promise<void>;
};
