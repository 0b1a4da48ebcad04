import { ports } from "../../lib/adapters/ports.ts";
import { resolveOrder } from "../../lib/admin/resolve-order.ts";
import { resolveOrder as route } from "../../lib/contract/admin.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ user, params, body, operationId, correlationId, requestId }) => {
    const { userId, id: orderId } = params;
    const ids = { operationId, correlationId, requestId };
    return answered(202, await resolveOrder({ userId, orderId, ...body, actor: user.id, ...ids }, ports));
  },
  ports,
);
