import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Command } from "../matching/command.ts";
import { initialHold, type Side } from "../matching/order.ts";
import { commandMessage } from "../matching/wire/message.ts";
import { getOrder, type OrderId } from "../orders/get-order.ts";
import { isLive, type OrderRecord } from "../orders/order-item.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";

export type CancelPorts = Pick<ExchangePorts, "catalogue" | "store" | "log"> & SendPort;

/** `operationId` becomes the command's id: repeated under one idempotency key, it is one command. */
export type Operation = {
  readonly operationId: string;
  readonly correlationId: string;
  /** Aborted once the caller was answered without waiting for this. */
  readonly over?: AbortSignal;
};

/** Asks an order's market to cancel it. What the cancel finds when its turn comes decides; the answer is the order as it is now. */
export async function cancelOrder(
  input: OrderId & Operation,
  ports: CancelPorts,
): Promise<Result<OrderRecord>> {
  const found = await getOrder(input, ports);
  if (!found.ok) return found;
  const { market: name, status, terms, version } = found.value;
  if (!isLive(status)) return refuse("ORDER_CLOSED");
  const market = ports.catalogue.markets.get(name);
  if (market === undefined) throw new Error(`order ${terms.id} is of market ${name}, which is not defined`);
  const command: Command = {
    kind: "cancel",
    id: input.operationId,
    orderId: terms.id,
    userId: terms.userId,
    side: terms.side,
    hold: initialHold(market, terms),
    reason: "user",
  };
  // Cancels of an order that nothing has happened to since have one effect, so the queue drops all but the first.
  const messageId = `cancel-${terms.id}-${version ?? 0}`;
  const sent = await send(name, { command, messageId }, { input, ports });
  return sent.ok ? found : sent;
}

/** Asks a market to cancel all of a user's orders, or those of one side, that it has when the command's turn comes. */
export async function cancelAllOrders(
  input: { readonly userId: string; readonly market: string; readonly side?: Side | undefined } & Operation,
  ports: CancelPorts,
): Promise<Result<{ readonly market: string }>> {
  const { market, side, userId, operationId } = input;
  if (!ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  const command: Command = {
    kind: "cancel_all",
    id: operationId,
    userId,
    ...(side === undefined ? {} : { side }),
    reason: "user",
  };
  const sent = await send(market, { command, messageId: operationId }, { input, ports });
  return sent.ok ? success({ market }) : sent;
}

type Context = { readonly input: Operation; readonly ports: CancelPorts };

async function send(
  market: string,
  { command, messageId }: { readonly command: Command; readonly messageId: string },
  { input, ports }: Context,
): Promise<Result<undefined>> {
  try {
    // A caller who was told that it failed may have placed orders since, which a late cancel of all would take as well.
    if (input.over?.aborted === true) throw new QueueUnavailable("the caller was answered");
    const { body } = commandMessage(command, input.correlationId);
    await ports.queue.send(market, { id: messageId, body }, input.over);
  } catch (fault) {
    if (!(fault instanceof QueueUnavailable)) throw fault;
    ports.log.error("command_not_enqueued", fault, { market, kind: command.kind });
    return refuse("UNAVAILABLE", "The market cannot be reached; try again");
  }
  ports.log.info("cancel_requested", { market, kind: command.kind, correlationId: input.correlationId });
  return success(undefined);
}
