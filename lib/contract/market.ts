import * as z from "zod/mini";
import { route } from "./route.ts";
import {
  cursor,
  decimal,
  limit,
  listOf,
  marketName,
  queryNumber,
  side,
  time,
  wholeNumber,
} from "./shapes.ts";

export const marketStatus = z
  .enum(["open", "halted"])
  .check(z.meta({ description: "A halted market takes no new orders." }));

export const market = z
  .strictObject({
    market: marketName,
    base: z.string().check(z.meta({ examples: ["BTC"] })),
    quote: z.string().check(z.meta({ examples: ["USDT"] })),
    tickSize: decimal.check(z.meta({ description: "Prices are multiples of it.", examples: ["0.01"] })),
    lotSize: decimal.check(z.meta({ description: "Quantities are multiples of it.", examples: ["0.0001"] })),
    minNotional: decimal.check(
      z.meta({
        description: "The least price x quantity, in the quote asset.",
        examples: ["5"],
      }),
    ),
    makerFee: decimal.check(z.meta({ description: "A fraction of what is received.", examples: ["0.001"] })),
    takerFee: decimal.check(z.meta({ description: "A fraction of what is received.", examples: ["0.002"] })),
    status: marketStatus,
  })
  .check(z.meta({ id: "Market" }));

const level = z
  .tuple([decimal, decimal])
  .check(z.meta({ description: "Price and quantity.", examples: [["50000", "0.5"]] }));

export const orderBook = z
  .strictObject({
    market: marketName,
    version: z
      .int()
      .check(
        z.meta({ description: "The journal version that the book stands at; grows with every change." }),
      ),
    bids: z.array(level).check(z.meta({ description: "Highest price first." })),
    asks: z.array(level).check(z.meta({ description: "Lowest price first." })),
  })
  .check(z.meta({ id: "OrderBook" }));

export const marketTrade = z
  .strictObject({
    id: z.string().check(z.meta({ description: "Unique; sorts by time within a market." })),
    price: decimal,
    quantity: decimal,
    takerSide: side,
    time,
  })
  .check(z.meta({ id: "MarketTrade" }));

const params = z.strictObject({ market: marketName });

export const listMarkets = route({
  id: "listMarkets",
  method: "GET",
  path: "/api/markets",
  auth: "none",
  summary: "All markets",
  maxAgeSeconds: 1,
  answers: { 200: listOf(market) },
  refusals: [],
});

export const getMarket = route({
  id: "getMarket",
  method: "GET",
  path: "/api/markets/{market}",
  auth: "none",
  summary: "One market",
  params,
  maxAgeSeconds: 1,
  answers: { 200: market },
  refusals: ["UNKNOWN_MARKET"],
});

export const getOrderBook = route({
  id: "getOrderBook",
  method: "GET",
  path: "/api/markets/{market}/orderbook",
  auth: "none",
  summary: "The order book, by price level, best first",
  description:
    "It holds an order's version V once its own version is V or more; it may be a moment old, and under much load a tenth of a second. Who needs a version that an order was answered with names it as `minVersion`.",
  params,
  query: z.strictObject({
    depth: queryNumber(1, 1000, 50).check(z.meta({ description: "Levels on each side.", default: 50 })),
    minVersion: z.exactOptional(wholeNumber(0, 999_999_999_999)).check(
      z.meta({
        description:
          "The book of this version or a later one. What the market does not reach within half a second is answered 503, and what it cannot have reached 400.",
      }),
    ),
  }),
  maxAgeSeconds: 1,
  answers: { 200: orderBook },
  refusals: ["UNKNOWN_MARKET"],
});

export const listMarketTrades = route({
  id: "listMarketTrades",
  method: "GET",
  path: "/api/markets/{market}/trades",
  auth: "none",
  summary: "Trades of a market, newest first",
  params,
  query: z.strictObject({ limit, cursor }),
  maxAgeSeconds: 1,
  answers: { 200: listOf(marketTrade) },
  refusals: ["UNKNOWN_MARKET"],
});
