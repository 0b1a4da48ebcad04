import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";

import {
  type DesiredState,
  desiredFrom,
  desireWrite,
  isApplied,
  numberOf,
} from "../desired-state/desired-state.ts";
import { sendDesiredState } from "../desired-state/send-desired-state.ts";
import { gateKey } from "../market/gate.ts";
import type { MarketStatus } from "../market/market.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import { withRetries } from "../store/retries.ts";
import type { Item } from "../store/store.ts";

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

const RACES = 6;

/**
 * Halts or opens a market: the desired status stands on the gate, numbered, with the audit record. A halt closes the gate with that, so
 * nothing more is accepted, and then takes its turn in the queue behind what was accepted before; an opening opens it with its turn. Of
 * two administrators at once, the one whose wish has the higher number has the last word, on the gate and in the market alike.
 */
export async function setMarketStatus(
  input: SetMarketStatus,
  ports: SetMarketStatusPorts,
): Promise<Result<{ readonly market: string; readonly status: MarketStatus }>> {
  const { market, status, actor, correlationId } = input;
  if (!ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  const place = { table: "market-data", key: gateKey(market) } as const;
  for (let race = 0; race < RACES; race++) {
    const gate = await ports.store.get(place);
    const written = await desire(input, gate, ports);
    if (written === "raced") continue;
    // This very operation was done before, and its answer was not heard: what is desired now is sent, be it its own wish or a later one.
    const item = written === "repeated" ? await ports.store.get(place) : undefined;
    const desired = written === "repeated" ? desiredFrom(market, item) : written;
    if (desired !== undefined && (item === undefined || !isApplied(item)))
      await sendDesiredState(desired, 0, ports);
    ports.log.info("market_status_requested", { market, status, actor, correlationId });
    return success({ market, status });
  }
  return refuse("UNAVAILABLE", "The market is being changed by others; try again");
}

async function desire(
  input: SetMarketStatus,
  gate: Item | undefined,
  ports: SetMarketStatusPorts,
): Promise<DesiredState | "raced" | "repeated"> {
  const { market, status, actor, correlationId } = input;
  const before = numberOf(gate);
  const timeMs = ports.clock.nowMs();
  const desired: DesiredState = {
    kind: "market_status",
    market,
    status,
    number: before + 1,
    actor,
    desiredAtMs: timeMs,
    correlationId,
  };
  const isUnchanged =
    before === 0
      ? ({ attribute: "number", is: "absent" } as const)
      : ({ attribute: "number", is: "equal", to: BigInt(before) } as const);
  const record = auditWrite({
    id: input.operationId,
    actor,
    action: status === "halted" ? "market_halted" : "market_opened",
    entities: [`market:${market}`],
    details: { status, number: desired.number },
    timeMs,
    requestId: input.requestId,
  });
  const outcome = await withRetries(
    () => ports.store.transact([desireWrite(desired, [isUnchanged]), record]),
    ports,
  );
  if (outcome.ok) return desired;
  return outcome.reasons[1]?.code === "condition" ? "repeated" : "raced";
}
