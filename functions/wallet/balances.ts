import { ports } from "../../lib/adapters/ports.ts";
import { wholeList } from "../../lib/contract/cursor.ts";
import { success } from "../../lib/contract/refusal.ts";
import { listBalances } from "../../lib/contract/wallet.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";
import { balanceViews } from "../../lib/wallet/wallet-view.ts";

export const handler = endpoint(
  listBalances,
  async ({ user }) => {
    const wallet = await ports.store.get({ table: "wallets", key: walletKey(user.id) });
    return success({ status: 200, body: wholeList(balanceViews(wallet, ports.catalogue)) });
  },
  ports,
);
