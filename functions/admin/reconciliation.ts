import { ports } from "../../lib/adapters/ports.ts";
import { getReconciliation } from "../../lib/contract/admin.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { readReport } from "../../lib/reconciliation/report.ts";

export const handler = endpoint(
  getReconciliation,
  async ({ query, operationId }) =>
    answered(200, await readReport({ fresh: query.fresh === "true", id: operationId }, ports)),
  ports,
);
