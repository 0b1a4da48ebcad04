import { ports } from "../../lib/adapters/ports.ts";
import { getUser } from "../../lib/admin/users/get-user.ts";
import { getUser as route } from "../../lib/contract/admin.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";
import { balanceViews } from "../../lib/wallet/wallet-view.ts";

const balances = async (userId: string) =>
  balanceViews(await ports.store.get({ table: "wallets", key: walletKey(userId) }), ports.catalogue);

export const handler = endpoint(
  route,
  async ({ params }) => answered(200, await getUser(params.id, { ...ports, balances })),
  ports,
);
