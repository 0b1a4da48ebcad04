import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import { walletWrite } from "../../lib/wallet/wallet-item.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import type { Adversary } from "./adversary.ts";
import type { Process } from "./scheduler.ts";
import { MARKETS, USERS } from "./traffic.ts";
import type { World, WorldPorts } from "./world.ts";

const FUNDS = { USDT: "4000", BTC: "40", ETH: "40" };
/** How many orders a sweep runs through, and how much it takes of them, each being 0.2. */
const SWEEPS = [
  { share: 0.02, makers: 200, quantity: "36" },
  { share: 0.1, makers: 60, quantity: "13" },
] as const;
const ROBBED = "EMMA";
const ROBBED_UNITS = 3n * 10n ** 18n;

/** A wallet that somebody changed past the exchange: the one thing that breaks an invariant for good. */
export type Damage = { readonly userId: string; readonly asset: string; readonly units: bigint };

type Setting = { readonly chance: Chance; readonly world: World; readonly adversary: Adversary };
type Run = (body: (process: Process) => Promise<void>) => Promise<void>;

/** Accounts with money; now and then a book of many makers, for a sweep that no single transaction can hold, or a robbed wallet. */
export async function prepare({ chance, world, adversary }: Setting, run: Run): Promise<Damage | undefined> {
  const kind = chance.fraction();
  const deep = SWEEPS.find(({ share }) => kind < share);
  const makers = Array.from({ length: deep?.makers ?? 0 }, (_, index) => `MAKER${index}`);
  const isRobbed = kind > 0.9;
  await run(async (process) => {
    const ports = world.portsOf(() => process);
    for (const userId of [...USERS, ...makers, ...(isRobbed ? [ROBBED] : [])])
      await openAccount(userId, ports);
    for (const [index, userId] of makers.entries()) {
      const price = `${100 + (index % 4)}`;
      await submit(
        userId,
        { market: MARKETS[0], side: "sell", type: "limit", price, quantity: "0.2" },
        ports,
      );
      if (index % 10 === 9) await world.deliver(process, MARKETS[0]);
    }
    if (deep !== undefined) {
      await submit(
        USERS[0],
        { market: MARKETS[0], side: "buy", type: "limit", price: "105", quantity: deep.quantity },
        ports,
      );
    }
    if (isRobbed) {
      await submit(
        ROBBED,
        { market: MARKETS[1], side: "sell", type: "limit", price: "97", quantity: "3" },
        ports,
      );
      await world.deliver(process, MARKETS[1]);
    }
  });
  if (!isRobbed) return undefined;
  adversary.note("wallet_robbed", ROBBED);
  const damage = { userId: ROBBED, asset: "ETH", units: ROBBED_UNITS };
  const { outcome, written } = await world.replicas.transact([
    walletWrite(damage.userId, new Map([[damage.asset, { locked: -damage.units }]])),
  ]);
  written.isAnswered = true;
  if (!outcome.ok) throw new Error("there was nothing to rob");
  return damage;
}

async function openAccount(userId: string, ports: WorldPorts): Promise<void> {
  const profile = {
    pk: `USER#${userId}`,
    sk: "PROFILE",
    kind: "user",
    id: userId,
    status: "active",
    role: "user",
    email: "x",
    passwordHash: "x",
    createdAt: "2026-01-01T00:00:00.000Z",
  };
  await ports.store.write({ kind: "put", table: "users", item: profile });
  for (const [asset, amount] of Object.entries(FUNDS)) {
    const reference = `${userId} ${asset}`;
    await creditDeposit({ userId, asset, amount, reference, actor: "ADMIN", requestId: "r" }, ports);
  }
}

async function submit(userId: string, request: OrderRequest, ports: WorldPorts): Promise<void> {
  const operationId = ports.random.id(ports.clock.nowMs());
  const placed = await placeOrder({ userId, request, operationId, correlationId: "c" }, ports);
  if (!placed.ok) throw new Error(`the stage cannot be set: ${placed.refusal.code}`);
}
