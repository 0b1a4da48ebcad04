import type { MarketState } from "../../matching/market-state.ts";
import type { Side } from "../../matching/order.ts";
import type { Item, Key, Store } from "../../store/store.ts";
import { MOST_LEVELS } from "../depth.ts";
import { depthKey } from "../market-items.ts";
import type { Picture } from "./projection.ts";

/** Room for the levels that trades use up between two drawings. */
const DRAWN_LEVELS = MOST_LEVELS + 500;
/** With fewer levels left within the cut than this, the depth is drawn again at once. */
const ENOUGH_LEVELS = MOST_LEVELS + 250;
/** Readers apply later entries themselves. */
const EVERY = 32;

type Drawn = { readonly version: number; readonly last: { readonly [side in Side]: bigint | undefined } };

/** The best levels of a market's book, cut where clients cannot ask for more. */
export class DepthPicture implements Picture {
  readonly #store: Store;
  readonly #every: number;
  #drawn: Drawn | undefined;

  constructor({ store }: { readonly store: Store }, every = EVERY) {
    this.#store = store;
    this.#every = every;
  }

  async draw(state: MarketState): Promise<void> {
    const { version } = state.head;
    if (!this.#isDue(state)) return;
    // Never back to an older one, whoever is late.
    const outcome = await this.#store.write({
      kind: "put",
      table: "market-data",
      item: depthItem(state),
      when: [{ attribute: "version", is: "absent_or_below", to: BigInt(version) }],
    });
    const isThere = outcome.ok || outcome.reasons.some(({ code }) => code === "condition");
    if (isThere)
      this.#drawn = { version, last: { buy: lastDrawn(state, "buy"), sell: lastDrawn(state, "sell") } };
  }

  #isDue(state: MarketState): boolean {
    const drawn = this.#drawn;
    if (drawn === undefined || state.head.version - drawn.version >= this.#every) return true;
    return isRunningOut(state, drawn, "buy") || isRunningOut(state, drawn, "sell");
  }
}

/** Whether the levels at or better than where the depth was cut have become few. */
function isRunningOut({ book }: MarketState, { last }: Drawn, side: Side): boolean {
  const cut = last[side];
  const enough = book.levels(side, ENOUGH_LEVELS).at(-1)?.[0];
  if (cut === undefined) return false;
  return enough === undefined || (side === "buy" ? enough < cut : enough > cut);
}

/** The price at which a side is cut; undefined where all of it is drawn. */
function lastDrawn({ book }: MarketState, side: Side): bigint | undefined {
  const levels = book.levels(side, DRAWN_LEVELS);
  return levels.length < DRAWN_LEVELS ? undefined : levels.at(-1)?.[0];
}

function depthItem({ market, head, book }: MarketState): Item & Key {
  const side = (name: Side) =>
    JSON.stringify(book.levels(name, DRAWN_LEVELS).map(([price, lots]) => [String(price), String(lots)]));
  return {
    ...depthKey(market.market),
    version: BigInt(head.version),
    bids: side("buy"),
    asks: side("sell"),
    most: BigInt(DRAWN_LEVELS),
  };
}
