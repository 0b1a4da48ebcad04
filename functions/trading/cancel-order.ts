import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { cancelOrder as route } from "../../lib/contract/trading.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { awaitOrder } from "../../lib/orders/get-order.ts";
import { cancelOrder } from "../../lib/trading/cancel-order.ts";

export const handler = endpoint(
  route,
  async ({ user, params, waitMs, operationId, correlationId, over }) => {
    const cancelled = await cancelOrder(
      { userId: user.id, orderId: params.id, operationId, correlationId, over },
      ports,
    );
    if (!cancelled.ok) return cancelled;
    const { status } = await awaitOrder(cancelled.value, { waitMs, until: "closed" }, ports);
    return success({ status: 202, body: { id: params.id, status } });
  },
  ports,
);
