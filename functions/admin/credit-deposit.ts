import { ports } from "../../lib/adapters/ports.ts";
import { success } from "../../lib/contract/refusal.ts";
import { creditDeposit as route } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import { depositView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, body, requestId }) => {
    const credited = await creditDeposit({ ...body, actor: user.id, requestId }, ports);
    if (!credited.ok) return credited;
    const { deposit, isNew } = credited.value;
    return success({ status: isNew ? 201 : 200, body: depositView(deposit, ports.catalogue) });
  },
  ports,
);
