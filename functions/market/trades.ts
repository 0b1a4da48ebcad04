import { ports } from "../../lib/adapters/ports.ts";
import { listMarketTrades as route } from "../../lib/contract/market.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { listMarketTrades } from "../../lib/market-data/list-trades.ts";
import { tradeView } from "../../lib/market-data/market-data-views.ts";

export const handler = endpoint(
  route,
  async ({ params, query: { limit, cursor } }) => {
    const listed = await listMarketTrades(params.market, { limit, after: cursor }, ports);
    return answered(200, listed, (page) => pageView(page, (trade) => tradeView(trade, ports.catalogue)));
  },
  ports,
);
