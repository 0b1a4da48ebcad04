import { ports } from "../../lib/adapters/ports.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { listOrders as route } from "../../lib/contract/trading.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { listOrders } from "../../lib/orders/list-orders.ts";
import { orderView } from "../../lib/orders/order-view.ts";

export const handler = endpoint(
  route,
  async ({ user, query }) => {
    const { market, status, limit, cursor } = query;
    const listed = await listOrders({ userId: user.id, market, status }, { limit, after: cursor }, ports);
    return answered(200, listed, (page) => pageView(page, (order) => orderView(order, ports.catalogue)));
  },
  ports,
);
