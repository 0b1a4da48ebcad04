import { until } from "../command/until.ts";
import { termsOf } from "../demo/venue-terms.ts";
import { type ExchangeClient, newTrader } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { Market, NewOrder } from "../exchange/types.ts";

export type Prober = Awaited<ReturnType<typeof joinProber>>;

const TIMEOUT_MS = 4_000;
const AGAIN_MS = 60;
const FUNDS = "1000";
/** Far below what anybody asks for. */
const PRICE_IN_TICKS = 100;

type Given = {
  readonly url: string;
  readonly run: string;
  readonly admin: ExchangeClient;
  readonly markets: readonly Market[];
};

/** A user who only wants to know whether orders reach the books. */
export async function joinProber({ url, run, admin, markets }: Given) {
  const funds = new Map(markets.map(({ quote }) => [quote, FUNDS]));
  const http = { baseUrl: url, timeoutMs: TIMEOUT_MS };
  const { client } = await newTrader({ email: `prober.${run}@example.com`, funds, admin, http });
  let probes = 0;
  return {
    /**
     * Places an order on every market, and waits until it is in the market's book and the public book shows a version that knows it.
     * @returns how long that took, or in words what did not happen within the bound.
     */
    probe: async (boundMs: number): Promise<{ readonly ms: number } | { readonly fault: string }> => {
      const startedAt = performance.now();
      const name = `${run}-probe-${++probes}`;
      const reached = markets.map((market) =>
        reachBook(client, market, { idempotencyKey: `${name}-${market.market}`, boundMs }),
      );
      const fault = (await Promise.all(reached)).find((found) => found !== undefined);
      return fault === undefined ? { ms: performance.now() - startedAt } : { fault };
    },
  };
}

type Try = { readonly idempotencyKey: string; readonly boundMs: number };

/** Step by step, each again while the exchange is away or has not got there yet. */
async function reachBook(
  client: ExchangeClient,
  market: Market,
  { idempotencyKey, boundMs }: Try,
): Promise<string | undefined> {
  const name = market.market;
  let reason = "it did not come about in time";
  let missing = "an order is accepted";
  let id: string | undefined;
  let version: number | undefined;
  const look = async (): Promise<true | undefined> => {
    try {
      id ??= (await client.placeOrder(lowBid(market), { idempotencyKey })).id;
      if (version === undefined) {
        missing = `order ${id} reaches the book`;
        const order = await client.order(id);
        if (order.status === "pending") return undefined;
        if (order.version === null) throw new Error(`it became ${order.status} (${order.reason})`);
        version = order.version;
      }
      missing = `the public book reaches version ${version}`;
      if ((await client.orderbook(name, 1, version)).version < version) return undefined;
      await client.cancelOrder(id);
      return true;
    } catch (error) {
      // A cancel whose answer was lost finds the order closed.
      if (error instanceof ExchangeError && error.code === "ORDER_CLOSED") return true;
      reason = error instanceof Error ? error.message : String(error);
      if (error instanceof ExchangeError && error.isTemporary) return undefined;
      throw error;
    }
  };
  const isThere = await until(look, { forMs: boundMs, everyMs: AGAIN_MS }).catch(() => undefined);
  return isThere ? undefined : `${name}: ${missing}: ${reason}`;
}

function lowBid(market: Market): NewOrder {
  const terms = termsOf(market);
  const price = PRICE_IN_TICKS * Number(market.tickSize);
  const quantity = terms.quantity(0, price);
  return { market: market.market, side: "buy", type: "limit", price: terms.price(price), quantity };
}
