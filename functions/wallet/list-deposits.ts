import { ports } from "../../lib/adapters/ports.ts";
import { pageView } from "../../lib/contract/page-view.ts";
import { success } from "../../lib/contract/refusal.ts";
import { listDeposits as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { listDeposits } from "../../lib/wallet/list-wallet.ts";
import { depositView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, query: { limit, cursor } }) => {
    const listed = await listDeposits(user.id, { limit, after: cursor }, ports);
    return success({
      status: 200,
      body: pageView(listed, (deposit) => depositView(deposit, ports.catalogue)),
    });
  },
  ports,
);
