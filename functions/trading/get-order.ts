import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { getOrder as route } from "../../lib/contract/trading.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { awaitOrder, getOrder } from "../../lib/orders/get-order.ts";
import { orderView } from "../../lib/orders/order-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params, waitMs }) => {
    const found = await getOrder({ userId: user.id, orderId: params.id }, ports);
    if (!found.ok) return found;
    const order = await awaitOrder(found.value, { waitMs, until: "entered" }, ports);
    return success({ status: 200, body: orderView(order, ports.catalogue) });
  },
  ports,
);
