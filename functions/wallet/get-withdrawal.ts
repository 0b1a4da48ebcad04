import { ports } from "../../lib/adapters/ports.ts";
import { getWithdrawal as route } from "../../lib/contract/wallet.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { getWithdrawal } from "../../lib/wallet/list-wallet.ts";
import { withdrawalView } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  route,
  async ({ user, params }) => {
    return answered(200, await getWithdrawal({ userId: user.id, id: params.id }, ports), (withdrawal) =>
      withdrawalView(withdrawal, ports.catalogue),
    );
  },
  ports,
);
