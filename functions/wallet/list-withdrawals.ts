import { ports } from "../../lib/adapters/ports.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { listWithdrawals as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { listWithdrawals } from "../../lib/wallet/list-wallet.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, query: { limit, cursor } }) => {
    const listed = await listWithdrawals(user.id, { limit, after: cursor }, ports);
    return success({
      status: 200,
      body: pageView(listed, (withdrawal) => withdrawalView(withdrawal, ports.catalogue)),
    });
  },
  ports,
);
