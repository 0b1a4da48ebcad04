import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { gateWrite } from "../market/gate.ts";
import type { MarketStatus } from "../market/market.ts";
import { commandMessage } from "../matching/wire/message.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import { withRetries } from "../store/retries.ts";

export type SetMarketStatus = {
  readonly market: string;
  readonly status: MarketStatus;
  readonly actor: string;
  readonly operationId: string;
  readonly correlationId: string;
  readonly requestId: string;
};

export type SetMarketStatusPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log"> &
  SendPort;

/**
 * Halts or opens a market. A halt closes the gate at once, so that nothing more is accepted, and then takes its turn in the queue
 * behind what was accepted before. An opening only takes its turn: the matcher opens the gate with it.
 */
export async function setMarketStatus(
  input: SetMarketStatus,
  ports: SetMarketStatusPorts,
): Promise<Result<{ readonly market: string; readonly status: MarketStatus }>> {
  const { market, status, actor, operationId } = input;
  if (!ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  const record = auditWrite({
    id: operationId,
    actor,
    action: status === "halted" ? "market_halted" : "market_opened",
    entity: `market:${market}`,
    details: { status },
    timeMs: ports.clock.nowMs(),
    requestId: input.requestId,
  });
  // A record that exists already is this operation's own, repeated under its idempotency key.
  await withRetries(
    () => ports.store.transact(status === "halted" ? [gateWrite(market, status), record] : [record]),
    ports,
  );
  try {
    await ports.queue.send(
      market,
      commandMessage({ kind: "set_status", id: operationId, status, actor }, input.correlationId),
    );
  } catch (fault) {
    if (!(fault instanceof QueueUnavailable)) throw fault;
    ports.log.error("command_not_enqueued", fault, { market, kind: "set_status" });
    return refuse("UNAVAILABLE", "The market's queue cannot be reached; try again");
  }
  ports.log.info("market_status_requested", { market, status, actor, correlationId: input.correlationId });
  return success({ market, status });
}
