import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { requestWithdrawal as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { requestWithdrawal } from "../../lib/wallet/request-withdrawal.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, body, operationId }) => {
    const requested = await requestWithdrawal({ userId: user.id, ...body, operationId }, ports);
    if (!requested.ok) return requested;
    return success({ status: 201, body: withdrawalView(requested.value, ports.catalogue) });
  },
  ports,
);
