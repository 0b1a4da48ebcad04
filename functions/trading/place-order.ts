import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { placeOrder as route } from "../../lib/contract/trading.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { awaitOrder } from "../../lib/orders/get-order.ts";
import { orderView } from "../../lib/orders/order-view.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";

export const handler = endpoint(
  route,
  async ({ user, body, waitMs, operationId, correlationId, idempotency, over }) => {
    const placed = await placeOrder(
      { userId: user.id, request: body, operationId, correlationId, idempotency, over },
      ports,
    );
    if (!placed.ok) return placed;
    const order = await awaitOrder(placed.value, { waitMs, until: "entered" }, ports);
    return success({ status: 201, body: orderView(order, ports.catalogue) });
  },
  ports,
);
