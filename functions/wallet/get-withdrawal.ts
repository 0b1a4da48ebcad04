import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { getWithdrawal as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { getWithdrawal } from "../../lib/wallet/list-wallet.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params }) => {
    const found = await getWithdrawal({ userId: user.id, id: params.id }, ports);
    return found.ok ? success({ status: 200, body: withdrawalView(found.value, ports.catalogue) }) : found;
  },
  ports,
);
