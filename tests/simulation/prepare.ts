import { accountWrites } from "../../lib/auth/register.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import type { Adversary } from "./adversary.ts";
import type { Memory } from "./memory.ts";
import { type Damage, rob } from "./robbery.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import { MARKETS, USERS } from "./traffic.ts";
import type { World, WorldPorts } from "./world.ts";

const FUNDS = { USDT: "4000", BTC: "40", ETH: "40" };
/** How many orders a sweep runs through, and how much it takes of them, each being 0.2. */
const SWEEPS = [
  { share: 0.03, makers: 200, quantity: "36" },
  { share: 0.1, makers: 120, quantity: "25" },
] as const;
const ROBBED = "EMMA";
/** Who rests with an order that the wallet no longer covers, in part or at all; and who runs through a book and loses on the way what the rest of it costs. */
const ROBBED_MAKER = { userId: ROBBED, asset: "ETH" };
const ROBBED_MAKERS_UNITS = [1n * 10n ** 18n, 3n * 10n ** 18n] as const;
const ROBBED_TAKER: Damage = { userId: USERS[0], asset: "USDT", units: 1_500n * 10n ** 6n };
const ROBBED_TAKERS_SHARE = 0.5;
const CUT_SHARE = 0.3;

type Setting = {
  readonly chance: Chance;
  readonly world: World;
  readonly adversary: Adversary;
  readonly memory: Memory;
  readonly scheduler: Scheduler;
};
type Run = (body: (process: Process) => Promise<void>) => Promise<void>;

/** Accounts with money; now and then a book of many makers, for a sweep that no single transaction can hold, or a robbed wallet. */
export async function prepare(setting: Setting, run: Run): Promise<Damage | undefined> {
  const { chance, world } = setting;
  const kind = chance.fraction();
  const deep = SWEEPS.find(({ share }) => kind < share);
  const makers = Array.from({ length: deep?.makers ?? 0 }, (_, index) => `MAKER${index}`);
  const isRobbed = kind > 0.86;
  const isTakerRobbed = deep === SWEEPS[0] && chance.fraction() < ROBBED_TAKERS_SHARE;
  let suspect = "";
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
      if (index % 10 === 9) await world.matchers.deliver(process, MARKETS[0]);
    }
    if (deep !== undefined) {
      suspect = await submit(
        USERS[0],
        { market: MARKETS[0], side: "buy", type: "limit", price: "105", quantity: deep.quantity },
        ports,
      );
    }
    if (isRobbed) {
      suspect = await submit(
        ROBBED,
        { market: MARKETS[1], side: "sell", type: "limit", price: "97", quantity: "3" },
        ports,
      );
      await world.matchers.deliver(process, MARKETS[1]);
    }
  });
  if (deep !== undefined && !isTakerRobbed && chance.fraction() < CUT_SHARE) await cutShort(setting);
  if (isTakerRobbed) return await rob(ROBBED_TAKER, { orderId: suspect, market: MARKETS[0] }, setting);
  if (!isRobbed) return undefined;
  const robbed = { ...ROBBED_MAKER, units: chance.pick(ROBBED_MAKERS_UNITS) };
  const damage = await rob(robbed, { orderId: suspect, market: MARKETS[1] }, setting);
  // The buyer who will find out, perhaps when something is sold already, and perhaps before anything else happens.
  const quantities = chance.pick([["3"], ["1", "2"]]);
  const isFoundOut = chance.fraction() < 0.6;
  await run(async (process) => {
    const ports = world.portsOf(() => process);
    for (const quantity of quantities)
      await submit(
        USERS[0],
        { market: MARKETS[1], side: "buy", type: "limit", price: "97", quantity },
        ports,
      );
    if (isFoundOut) await world.matchers.deliver(process, MARKETS[1]);
  });
  return damage;
}

/** The sweep's consumer dies after its first entry, and the queue with the message that is half done is created anew. */
async function cutShort({ world, adversary, scheduler }: Setting): Promise<void> {
  const committed = (): number => adversary.hits.get("log batch_committed") ?? 0;
  const before = committed();
  const process = scheduler.start("matcher cut short", (each) => world.matchers.deliver(each, MARKETS[0]));
  while (committed() === before && !process.ended && (await scheduler.step()));
  scheduler.kill(process);
  adversary.note("queue_recreated", MARKETS[0]);
  world.queues.lose(MARKETS[0]);
}

async function openAccount(userId: string, ports: WorldPorts): Promise<void> {
  const createdAt = "2026-01-01T00:00:00.000Z";
  const account = { id: userId, email: userId, passwordHash: "x", credentialsVersion: 0n, createdAt };
  await ports.store.transact(accountWrites({ ...account, role: "user", status: "active" }));
  for (const [asset, amount] of Object.entries(FUNDS)) {
    const reference = `${userId} ${asset}`;
    await creditDeposit({ userId, asset, amount, reference, actor: "ADMIN", requestId: "r" }, ports);
  }
}

async function submit(userId: string, request: OrderRequest, ports: WorldPorts): Promise<string> {
  const operationId = ports.random.id(ports.clock.nowMs());
  const placed = await placeOrder({ userId, request, operationId, correlationId: "c" }, ports);
  if (!placed.ok) throw new Error(`the stage cannot be set: ${placed.refusal.code}`);
  return placed.value.terms.id;
}
