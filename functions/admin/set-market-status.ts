import { ports } from "../../lib/adapters/ports.ts";
import { setMarketStatus } from "../../lib/admin/set-market-status.ts";
import { updateMarket } from "../../lib/contract/admin.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  updateMarket,
  async ({ user, params, body, operationId, correlationId, requestId }) =>
    answered(
      202,
      await setMarketStatus(
        { ...params, ...body, actor: user.id, operationId, correlationId, requestId },
        ports,
      ),
    ),
  ports,
);
