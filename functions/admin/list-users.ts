import { ports } from "../../lib/adapters/ports.ts";
import { listUsers } from "../../lib/admin/users/list-users.ts";
import { listUsers as route } from "../../lib/contract/admin.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ query }) => {
    const found = await listUsers(query, ports);
    return found.ok ? success({ status: 200, body: pageView(found.value, (user) => user) }) : found;
  },
  ports,
);
