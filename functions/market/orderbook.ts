import { ports } from "../../lib/adapters/ports.ts";
import { getOrderBook } from "../../lib/contract/market.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { orderBookView } from "../../lib/market-data/market-data-views.ts";
import { type BookCache, readOrderBook } from "../../lib/market-data/order-book.ts";

/** Kept while the instance is warm; reads bring their market's up to date. */
const books: BookCache = new Map();

export const handler = endpoint(
  getOrderBook,
  async ({ params: { market }, query: { depth, minVersion } }) => {
    const book = await readOrderBook({ market, depth, minVersion }, { ...ports, books });
    return book.ok
      ? success({ status: 200, body: orderBookView(market, book.value, ports.catalogue) })
      : book;
  },
  ports,
);
