import { ports } from "../../lib/adapters/ports.ts";
import { readDashboard } from "../../lib/admin/dashboard.ts";
import { getDashboard } from "../../lib/contract/admin.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";

export const handler = endpoint(
  getDashboard,
  async () => success({ status: 200, body: await readDashboard(ports) }),
  ports,
);
