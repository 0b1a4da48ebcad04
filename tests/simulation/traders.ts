import { accountWrites } from "../../lib/auth/register.ts";
import type { Result } from "../../lib/contract/refusal.ts";
import { isoTime } from "../../lib/contract/time.ts";
import { getOrder } from "../../lib/orders/get-order.ts";
import type { OrderRecord } from "../../lib/orders/order-item.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { type PlaceOrder, placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import { walletKey } from "../../lib/wallet/wallet-item.ts";
import { balanceViews } from "../../lib/wallet/wallet-view.ts";
import type { InProcessExchange } from "./in-process-exchange.ts";

/** What traders do, around the ports of an exchange. */
export type Ports = Pick<
  InProcessExchange,
  "catalogue" | "store" | "queue" | "clock" | "random" | "log" | "metrics"
>;

/** An account with money, straight into the store: signing in is another module's matter. */
export async function openAccount(
  ports: Ports,
  { userId, funds }: { readonly userId: string; readonly funds: { readonly [asset: string]: string } },
): Promise<void> {
  await ports.store.transact(
    accountWrites({
      id: userId,
      email: userId,
      role: "user",
      status: "active",
      createdAt: isoTime(ports.clock.nowMs()),
      passwordHash: "x",
      credentialsVersion: 0n,
    }),
  );
  for (const [asset, amount] of Object.entries(funds)) {
    const input = {
      userId,
      asset,
      amount,
      reference: `${userId} ${asset}`,
      actor: "test",
      requestId: "test",
    };
    const credited = await creditDeposit(input, ports);
    if (!credited.ok) throw new Error(credited.refusal.code);
  }
}

export type Wish = Omit<OrderRequest, "market"> & { readonly market?: string };

/** An order under an id of its own, or under the one that is given with an idempotency key. */
export async function place(
  ports: Ports,
  userId: string,
  wish: Wish,
  operation: Partial<Pick<PlaceOrder, "operationId" | "idempotency">> = {},
): Promise<Result<OrderRecord>> {
  const operationId = operation.operationId ?? ports.random.id(ports.clock.nowMs());
  const { idempotency } = operation;
  const request = { market: "BTC-USDT", ...wish };
  return await placeOrder({ userId, request, operationId, correlationId: operationId, idempotency }, ports);
}

/** A limit order that is accepted. */
export async function limit(
  ports: Ports,
  userId: string,
  [side, price, quantity]: readonly ["buy" | "sell", string, string],
): Promise<OrderRecord> {
  return accepted(await place(ports, userId, { side, type: "limit", price, quantity }));
}

export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.value;
}

export async function orderNow({ terms }: OrderRecord, ports: Ports): Promise<OrderRecord> {
  return accepted(await getOrder({ userId: terms.userId, orderId: terms.id }, ports));
}

/** "available + locked". */
export async function balance(ports: Ports, userId: string, asset: string): Promise<string> {
  const wallet = await ports.store.get({ table: "wallets", key: walletKey(userId) });
  const view = balanceViews(wallet, ports.catalogue).find((each) => each.asset === asset);
  return `${view?.available} + ${view?.locked}`;
}
