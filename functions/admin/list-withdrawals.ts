import { ports } from "../../lib/adapters/ports.ts";
import { listAllWithdrawals as route } from "../../lib/contract/admin.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { listAllWithdrawals } from "../../lib/wallet/list-wallet.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ query: { status, limit, cursor } }) => {
    const listed = await listAllWithdrawals(status, { limit, after: cursor }, ports);
    return success({
      status: 200,
      body: pageView(listed, (withdrawal) => withdrawalView(withdrawal, ports.catalogue)),
    });
  },
  ports,
);
