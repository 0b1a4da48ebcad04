import { ports } from "../../lib/adapters/ports.ts";
import { approveWithdrawal as route } from "../../lib/contract/admin.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { decideWithdrawal } from "../../lib/wallet/decide-withdrawal.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params, body, operationId, requestId }) => {
    const decision = { status: "completed", transactionId: body.transactionId } as const;
    const decided = await decideWithdrawal(
      { id: params.id, decision, actor: user.id, operationId, requestId },
      ports,
    );
    return decided.ok
      ? success({ status: 200, body: withdrawalView(decided.value, ports.catalogue) })
      : decided;
  },
  ports,
);
