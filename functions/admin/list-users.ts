import { ports } from "../../lib/adapters/ports.ts";
import { listUsers } from "../../lib/admin/users/list-users.ts";
import { listUsers as route } from "../../lib/contract/admin.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ query }) => {
    const found = await listUsers(query, ports);
    return answered(200, found, (page) => pageView(page, (user) => user));
  },
  ports,
);
