import type { Result } from "../../lib/contract/refusal.ts";
import type { OrderRecord } from "../../lib/trading/order-item.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import type { InProcessExchange } from "./in-process-exchange.ts";

let operations = 0;

/** An account with money, straight into the store: signing in is another module's matter. */
export async function openAccount(
  exchange: InProcessExchange,
  { userId, funds }: { readonly userId: string; readonly funds: { readonly [asset: string]: string } },
): Promise<void> {
  await exchange.store.write({
    kind: "put",
    table: "users",
    item: { pk: `USER#${userId}`, sk: "PROFILE", kind: "user", id: userId, status: "active" },
  });
  for (const [asset, amount] of Object.entries(funds)) {
    const input = {
      userId,
      asset,
      amount,
      reference: `${userId} ${asset}`,
      actor: "test",
      requestId: "test",
    };
    const credited = await creditDeposit(input, exchange);
    if (!credited.ok) throw new Error(credited.refusal.code);
  }
}

export async function place(
  exchange: InProcessExchange,
  userId: string,
  request: Omit<OrderRequest, "market"> & { readonly market?: string },
): Promise<Result<OrderRecord>> {
  const operationId = exchange.random.id(exchange.clock.nowMs() + (operations++ % 2));
  const input = {
    userId,
    request: { market: "BTC-USDT", ...request },
    operationId,
    correlationId: operationId,
  };
  return await placeOrder(input, exchange);
}

/** A limit order that is accepted. */
export async function limit(
  exchange: InProcessExchange,
  userId: string,
  [side, price, quantity]: readonly ["buy" | "sell", string, string],
): Promise<OrderRecord> {
  const placed = await place(exchange, userId, { side, type: "limit", price, quantity });
  if (!placed.ok) throw new Error(`refused: ${placed.refusal.code}`);
  return placed.value;
}
