import { until } from "../command/until.ts";
import { termsOf } from "../demo/venue-terms.ts";
import { type ExchangeClient, newTrader } from "../exchange/client.ts";
import { ExchangeError } from "../exchange/error.ts";
import type { Market, NewOrder } from "../exchange/types.ts";

/** A user who only wants to know whether orders reach the books. */
export type Prober = {
  /**
   * Places an order on every market, and waits until it is in the market's book and the public book shows a version that knows it.
   * @returns how long that took, or in words what did not happen within the bound.
   */
  probe(boundMs: number): Promise<{ readonly ms: number } | { readonly fault: string }>;
};

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

export async function joinProber({ url, run, admin, markets }: Given): Promise<Prober> {
  const funds = new Map(markets.map(({ quote }) => [quote, FUNDS]));
  const http = { baseUrl: url, timeoutMs: TIMEOUT_MS };
  const { client } = await newTrader({ email: `prober.${run}@example.com`, funds, admin, http });
  let probes = 0;
  return {
    probe: async (boundMs) => {
      const startedAt = performance.now();
      const deadline = startedAt + boundMs;
      const name = `${run}-probe-${++probes}`;
      const faults = await Promise.all(
        markets.map((market) =>
          reachBook(client, market, { idempotencyKey: `${name}-${market.market}`, deadline }),
        ),
      );
      const fault = faults.find((found) => found !== undefined);
      return fault === undefined ? { ms: performance.now() - startedAt } : { fault };
    },
  };
}

type Try = { readonly idempotencyKey: string; readonly deadline: number };

async function reachBook(
  client: ExchangeClient,
  market: Market,
  { idempotencyKey, deadline }: Try,
): Promise<string | undefined> {
  const order = lowBid(market);
  let step = `${market.market}: an order is accepted`;
  try {
    const placed = await insist(() => client.placeOrder(order, { idempotencyKey }), { deadline });
    step = `${market.market}: order ${placed.id} reaches the book`;
    const seen = await insist(() => client.order(placed.id), {
      deadline,
      isGood: ({ status }) => status !== "pending",
    });
    if (seen.version === null)
      return `${market.market}: order ${placed.id} became ${seen.status} (${seen.reason})`;
    const { version } = seen;
    step = `${market.market}: the public book reaches version ${version}`;
    await insist(() => client.orderbook(market.market, 1, version), {
      deadline,
      isGood: (book) => book.version >= version,
    });
    await insist(() => cancel(client, placed.id), { deadline });
    return undefined;
  } catch (cause) {
    return `${step}: ${cause instanceof Error ? cause.message : cause}`;
  }
}

/** A cancel whose answer was lost finds the order closed. */
async function cancel(client: ExchangeClient, id: string): Promise<void> {
  await client.cancelOrder(id).catch((error: unknown) => {
    if (!(error instanceof ExchangeError && error.code === "ORDER_CLOSED")) throw error;
  });
}

type Insistence<T> = { readonly deadline: number; readonly isGood?: (value: T) => boolean };

/** Asks again at short intervals while the exchange is away, or the answer is not yet the one waited for. */
async function insist<T>(
  ask: () => Promise<T>,
  { deadline, isGood = () => true }: Insistence<T>,
): Promise<T> {
  let reason = "it did not come about in time";
  const look = async () => {
    try {
      const value = await ask();
      return isGood(value) ? { value } : undefined;
    } catch (error) {
      if (!(error instanceof ExchangeError) || !error.isTemporary) throw error;
      reason = error.message;
      return undefined;
    }
  };
  const found = await until(look, { forMs: deadline - performance.now(), everyMs: AGAIN_MS });
  if (found === undefined) throw new Error(reason);
  return found.value;
}

function lowBid(market: Market): NewOrder {
  const terms = termsOf(market);
  const price = PRICE_IN_TICKS * Number(market.tickSize);
  const quantity = terms.quantity(0, price);
  return { market: market.market, side: "buy", type: "limit", price: terms.price(price), quantity };
}
