import { ports } from "../../lib/adapters/ports.ts";
import { startReconciliation as route } from "../../lib/contract/admin.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { startReconciliation } from "../../lib/reconciliation/report.ts";

export const handler = endpoint(
  route,
  async ({ operationId }) => success({ status: 202, body: await startReconciliation(operationId, ports) }),
  ports,
);
