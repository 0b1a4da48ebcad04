import { ports } from "../../lib/adapters/ports.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { listFills as route } from "../../lib/contract/trading.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { listOwnFills } from "../../lib/market-data/list-own-fills.ts";
import { fillView } from "../../lib/market-data/market-data-views.ts";

export const handler = endpoint(
  route,
  async ({ user, query }) => {
    const { market, orderId, limit, cursor } = query;
    const listed = await listOwnFills({ userId: user.id, market, orderId }, { limit, after: cursor }, ports);
    return answered(200, listed, (page) => pageView(page, (fill) => fillView(fill, ports.catalogue)));
  },
  ports,
);
