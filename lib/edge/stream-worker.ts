import type { Context, DynamoDBStreamEvent, ScheduledEvent } from "aws-lambda";
import type { Projector } from "../market-data/projector.ts";
import type { Clock, Log } from "../ports/ports.ts";

type Delivery = {
  readonly event: DynamoDBStreamEvent | ScheduledEvent;
  readonly context: Context;
  /** In the order in which they were last served, the one that waits longest first; kept so by serving. */
  readonly projectors: Map<string, Pick<Projector, "run">>;
};

type Ports = { readonly clock: Clock; readonly log: Log };

const RESERVE_MS = 5_000;

/**
 * Wakes the projectors of the markets that the stream tells of, or all of them on schedule. The stream is only a wake-up: what it
 * says, in which order and how often, is not looked at. One market's failure or lag does not keep the others from their turn: each has
 * an equal share of the time, and what some do not need goes to those that are not done.
 */
export async function projectWoken({ event, context, projectors }: Delivery, ports: Ports): Promise<void> {
  const deadlineMs = ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const isWoken = wokenBy(event);
  const faults: unknown[] = [];
  let waiting = [...projectors.keys()].filter(isWoken);
  do {
    const behind: string[] = [];
    for (const [index, market] of waiting.entries()) {
      const nowMs = ports.clock.nowMs();
      const shareMs = (deadlineMs - nowMs) / (waiting.length - index);
      try {
        if (!(await serve(market, { projectors, untilMs: nowMs + shareMs }))) behind.push(market);
      } catch (fault) {
        ports.log.error("projection_failed", fault, { market });
        faults.push(fault);
      }
    }
    waiting = behind;
  } while (waiting.length > 0 && ports.clock.nowMs() < deadlineMs);
  if (faults.length > 0) throw new AggregateError(faults, "projection failed");
}

function wokenBy(event: Delivery["event"]): (market: string) => boolean {
  if (!("Records" in event)) return () => true;
  const markets = new Set(event.Records.map(({ dynamodb }) => dynamodb?.Keys?.pk?.S ?? ""));
  return (market) => markets.has(market);
}

async function serve(
  market: string,
  { projectors, untilMs }: { readonly projectors: Delivery["projectors"]; readonly untilMs: number },
): Promise<boolean> {
  const projector = projectors.get(market);
  if (projector === undefined) return true;
  projectors.delete(market);
  projectors.set(market, projector);
  return await projector.run(untilMs);
}
