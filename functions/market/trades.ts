import { ports } from "../../lib/adapters/ports.ts";
import { listMarketTrades as route } from "../../lib/contract/market.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { listMarketTrades } from "../../lib/market-data/list-trades.ts";
import { tradeView } from "../../lib/market-data/market-data-views.ts";
import { SharedReads } from "../../lib/market-data/shared-read.ts";

/** First pages, which everybody asks for; the others are of the past and rarely asked for twice. */
const firstPages = new SharedReads<Awaited<ReturnType<typeof listMarketTrades>>>();

export const handler = endpoint(
  route,
  async ({ params: { market }, query: { limit, cursor } }) => {
    const read = () => listMarketTrades(market, { limit, after: cursor }, ports);
    const isShared = cursor === undefined && ports.catalogue.markets.has(market);
    const listed = await (isShared ? firstPages.get(`${market} ${limit}`, read, ports) : read());
    if (!listed.ok) return listed;
    return success({
      status: 200,
      body: pageView(listed.value, (trade) => tradeView(trade, ports.catalogue)),
    });
  },
  ports,
);
