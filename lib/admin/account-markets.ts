import { commandMessage } from "../matching/wire/message.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";

export type AccountMarketsPorts = Pick<ExchangePorts, "catalogue" | "clock" | "random"> & SendPort;

type Account = { readonly userId: string; readonly correlationId: string };

/** Tells every market to cancel an account's orders and to refuse those that were accepted but have not had their turn. */
export async function closeToMarkets(account: Account, ports: AccountMarketsPorts): Promise<void> {
  await sendToAll("freeze", account, ports);
}

/** Takes that back. */
export async function openToMarkets(account: Account, ports: AccountMarketsPorts): Promise<void> {
  await sendToAll("unfreeze", account, ports);
}

/** @throws QueueUnavailable where a market's queue cannot be reached; repeating is harmless. */
async function sendToAll(
  kind: "freeze" | "unfreeze",
  { userId, correlationId }: Account,
  ports: AccountMarketsPorts,
): Promise<void> {
  const { catalogue, queue, clock, random } = ports;
  await Promise.all(
    [...catalogue.markets.keys()].map((market) =>
      queue.send(market, commandMessage({ kind, id: random.id(clock.nowMs()), userId }, correlationId)),
    ),
  );
}
