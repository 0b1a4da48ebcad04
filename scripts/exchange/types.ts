import type * as z from "zod/mini";
import type { tokenPair, user } from "../../lib/contract/auth.ts";
import type { market, orderBook } from "../../lib/contract/market.ts";
import type { newOrder } from "../../lib/contract/new-order.ts";
import type { Route } from "../../lib/contract/route.ts";
import type { side } from "../../lib/contract/shapes.ts";
import type { order } from "../../lib/contract/trading.ts";
import type { balance } from "../../lib/contract/wallet.ts";

/** What the public API takes and answers, as the contract says it. Amounts and prices are decimal strings. */

export type Side = z.output<typeof side>;
export type User = z.output<typeof user>;
export type TokenPair = z.output<typeof tokenPair>;
export type Market = z.output<typeof market>;
export type OrderBook = z.output<typeof orderBook>;
export type Level = OrderBook["bids"][number];
export type NewOrder = z.input<typeof newOrder>;
export type Order = z.output<typeof order>;
export type Balance = z.output<typeof balance>;

type InputOf<S> = S extends z.ZodMiniType ? z.input<S> : undefined;

/** What a call of the route is made of, before it is parsed. */
export type Given<R extends Route> = {
  readonly params?: InputOf<R["params"]>;
  readonly query?: InputOf<R["query"]>;
  readonly body?: InputOf<R["body"]>;
};

export type Answered<R extends Route> = {
  [S in keyof R["answers"]]: R["answers"][S] extends z.ZodMiniType ? z.output<R["answers"][S]> : undefined;
}[keyof R["answers"]];
