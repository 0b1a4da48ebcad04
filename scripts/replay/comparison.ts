import type { Level, OrderBook } from "../exchange/types.ts";
import type { LobsterMessage, RecordedBook, RecordedLevel } from "./lobster.ts";
import type { Mapping } from "./mapping.ts";

/** The levels of the record in the market's own units, beside those of the exchange. */
export type Difference = {
  readonly message: LobsterMessage;
  readonly version: number;
  readonly bids: { readonly recorded: readonly Level[]; readonly exchange: readonly Level[] };
  readonly asks: { readonly recorded: readonly Level[]; readonly exchange: readonly Level[] };
};

export function compareBooks(
  message: LobsterMessage,
  recorded: RecordedBook,
  exchange: { readonly book: OrderBook; readonly mapping: Mapping },
): Difference | null {
  const { book, mapping } = exchange;
  const written = (levels: readonly RecordedLevel[]): Level[] =>
    levels.map(({ price, size }) => [mapping.price(price), mapping.quantity(size)]);
  const bids = { recorded: written(recorded.buy), exchange: book.bids };
  const asks = { recorded: written(recorded.sell), exchange: book.asks };
  const isSame = (side: typeof bids) => JSON.stringify(side.recorded) === JSON.stringify(side.exchange);
  return isSame(bids) && isSame(asks) ? null : { message, version: book.version, bids, asks };
}
