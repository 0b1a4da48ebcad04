import { ports } from "../../lib/adapters/ports.ts";
import { updateUser } from "../../lib/admin/users/update-user.ts";
import { updateUser as route } from "../../lib/contract/admin.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ user, params, body, requestId, correlationId }) => {
    const change = { ...body, userId: params.id, actor: user.id, requestId, correlationId };
    return answered(200, await updateUser(change, ports));
  },
  ports,
);
