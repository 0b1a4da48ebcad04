import { ports } from "../../lib/adapters/ports.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { listOrders as route } from "../../lib/contract/trading.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { listOrders } from "../../lib/orders/list-orders.ts";
import { orderView } from "../../lib/orders/order-view.ts";

export const handler = endpoint(
  route,
  async ({ user, query }) => {
    const { market, status, limit, cursor } = query;
    const listed = await listOrders({ userId: user.id, market, status }, { limit, after: cursor }, ports);
    if (!listed.ok) return listed;
    return success({
      status: 200,
      body: pageView(listed.value, (order) => orderView(order, ports.catalogue)),
    });
  },
  ports,
);
