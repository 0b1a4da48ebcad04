import { ports } from "../../lib/adapters/ports.ts";
import { listAudit } from "../../lib/audit/list-audit.ts";
import { listAudit as route } from "../../lib/contract/audit.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  route,
  async ({ query }) => {
    const found = await listAudit(query, ports);
    return answered(200, found, (page) => pageView(page, (record) => record));
  },
  ports,
);
