import { orderKey } from "../../lib/orders/order-item.ts";
import { walletWrite } from "../../lib/wallet/wallet-item.ts";
import type { Adversary } from "./adversary.ts";
import type { Memory } from "./memory.ts";
import type { World } from "./world.ts";

/** A wallet that somebody changed past the exchange: the one thing that breaks an invariant for good, unless it is given back. */
export type Damage = { readonly userId: string; readonly asset: string; units: bigint };

type Setting = { readonly world: World; readonly adversary: Adversary; readonly memory: Memory };

/** Takes of what a user has locked for the order that is suspected to come of it, and tells how to give it back. */
export async function rob(
  { userId, asset, units }: Damage,
  { orderId, market }: { readonly orderId: string; readonly market: string },
  { world, adversary, memory }: Setting,
): Promise<Damage> {
  const { replicas } = world.store;
  const damage: Damage = { userId, asset, units: 0n };
  const take = async (taken: bigint): Promise<void> => {
    damage.units += taken;
    const { outcome, written } = await replicas.transact([
      walletWrite(userId, new Map([[asset, { locked: -taken }]])),
    ]);
    written.isAnswered = true;
    if (!outcome.ok) throw new Error("there was nothing to rob");
  };
  adversary.note("wallet_robbed", userId);
  await take(units);
  memory.suspects.push({ userId, orderId, market });
  memory.giveBack = async () => {
    const item = await replicas.truth.get({ table: "orders", key: orderKey(userId, orderId) });
    // Before it is found out nobody gives anything back, nor for an order that is cancelled.
    const isFoundOut = item?.liveUserId !== undefined && item.reason === "suspended";
    if (isFoundOut && damage.units > 0n) await take(-damage.units);
  };
  return damage;
}
