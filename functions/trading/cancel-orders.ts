import { ports } from "../../lib/adapters/ports.ts";
import { cancelOrders as route } from "../../lib/contract/trading.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { cancelAllOrders } from "../../lib/trading/cancel-order.ts";

export const handler = endpoint(
  route,
  async ({ user, query, operationId, correlationId, over }) =>
    answered(
      202,
      await cancelAllOrders({ userId: user.id, ...query, operationId, correlationId, over }, ports),
    ),
  ports,
);
