import { ports } from "../../lib/adapters/ports.ts";
import { requestWithdrawal as route } from "../../lib/contract/wallet.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { requestWithdrawal } from "../../lib/wallet/request-withdrawal.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, body, operationId, requestId }) => {
    return answered(
      201,
      await requestWithdrawal({ userId: user.id, ...body, operationId, requestId }, ports),
      (withdrawal) => withdrawalView(withdrawal, ports.catalogue),
    );
  },
  ports,
);
