import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { cancelWithdrawal as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { decideWithdrawal } from "../../lib/wallet/decide-withdrawal.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params, operationId, requestId }) => {
    const decision = { status: "cancelled" } as const;
    const decided = await decideWithdrawal(
      { id: params.id, decision, actor: user.id, ownerId: user.id, operationId, requestId },
      ports,
    );
    return decided.ok
      ? success({ status: 200, body: withdrawalView(decided.value, ports.catalogue) })
      : decided;
  },
  ports,
);
