import { ports } from "../../lib/adapters/ports.ts";
import { cancelWithdrawal as route } from "../../lib/contract/wallet.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { decideWithdrawal } from "../../lib/wallet/decide-withdrawal.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params, operationId, requestId }) => {
    const decision = { status: "cancelled" } as const;
    return answered(
      200,
      await decideWithdrawal(
        { id: params.id, decision, actor: user.id, ownerId: user.id, operationId, requestId },
        ports,
      ),
      (withdrawal) => withdrawalView(withdrawal, ports.catalogue),
    );
  },
  ports,
);
