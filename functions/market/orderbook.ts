import { ports } from "../../lib/adapters/ports.ts";
import { getOrderBook } from "../../lib/contract/market.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { orderBookView } from "../../lib/market-data/market-data-views.ts";
import { type DepthCache, readOrderBook } from "../../lib/market-data/order-book.ts";

/** Kept while the instance is warm; every request brings its market's up to date. */
const depths: DepthCache = new Map();

export const handler = endpoint(
  getOrderBook,
  async ({ params: { market }, query: { depth } }) => {
    const book = await readOrderBook({ market, depth }, { ...ports, depths });
    return book.ok
      ? success({ status: 200, body: orderBookView(market, book.value, ports.catalogue) })
      : book;
  },
  ports,
);
