import { cancelAllOrders } from "../../lib/trading/cancel-order.ts";
import { type Chance, chanceFrom } from "../../scripts/demo/chance.ts";
import type { VirtualClock } from "./effects.ts";
import type { InProcessExchange } from "./in-process-exchange.ts";
import { openAccount, place, type Wish } from "./traders.ts";

const USERS = ["ALICE", "BOB", "CAROL", "DAVE"];

export type Trading = {
  readonly exchange: InProcessExchange;
  readonly clock: VirtualClock;
  /** Orders to place. */
  readonly orders: number;
  /** The same seed gives the same trading. */
  readonly seed: number;
  readonly markets?: readonly string[];
  /** Time between two orders. */
  readonly pauseMs?: number;
  /** After each batch that was matched. */
  readonly afterBatch?: () => Promise<void>;
};

export async function openAccounts(exchange: InProcessExchange): Promise<void> {
  for (const userId of USERS)
    await openAccount(exchange, { userId, funds: { USDT: "10000000", BTC: "1000", ETH: "1000" } });
}

/** Some life: orders around one price that cross now and then, market orders, and cancels of everything. */
export async function trade({
  exchange,
  clock,
  orders,
  seed,
  markets = ["BTC-USDT"],
  pauseMs = 7,
  afterBatch,
}: Trading): Promise<void> {
  const chance = chanceFrom(seed);
  for (let index = 0; index < orders; index++) {
    const market = chance.pick(markets);
    const userId = chance.pick(USERS);
    if (chance.below(40) === 0) {
      const operationId = exchange.random.id(clock.nowMs());
      await cancelAllOrders({ userId, market, operationId, correlationId: operationId }, exchange);
    } else await place(exchange, userId, { market, ...wish(chance) });
    clock.advance(pauseMs);
    if (chance.below(3) > 0 && index < orders - 1) continue;
    for (const name of markets) await exchange.match(name);
    await afterBatch?.();
  }
}

function wish(chance: Chance): Wish {
  const side = chance.pick(["buy", "sell"] as const);
  const quantity = `${1 + chance.below(30)}.0`;
  if (chance.below(12) === 0) {
    return side === "sell"
      ? { side, type: "market", quantity }
      : { side, type: "market", quoteQuantity: `${200 + chance.below(3_000)}` };
  }
  const price = `${side === "buy" ? 90 + chance.below(14) : 97 + chance.below(14)}`;
  return { side, type: "limit", price, quantity, timeInForce: chance.below(8) === 0 ? "IOC" : "GTC" };
}
