import { ports } from "../../lib/adapters/ports.ts";
import { reconcile } from "../../lib/contract/admin.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { readConservation } from "../../lib/reconciliation/conservation.ts";
import { reconciliationView } from "../../lib/reconciliation/reconciliation-view.ts";

export const handler = endpoint(
  reconcile,
  async () => {
    const timeMs = ports.clock.nowMs();
    const conservation = await readConservation(ports);
    return success({
      status: 200,
      body: reconciliationView(conservation, { catalogue: ports.catalogue, timeMs }),
    });
  },
  ports,
);
