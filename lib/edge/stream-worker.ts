import type { Context, DynamoDBStreamEvent, ScheduledEvent } from "aws-lambda";
import type { Projector } from "../market-data/projector.ts";
import type { ExchangePorts } from "../ports/ports.ts";

type Delivery = {
  readonly event: DynamoDBStreamEvent | ScheduledEvent;
  readonly context: Context;
  readonly projectors: ReadonlyMap<string, Projector>;
};

type Ports = Pick<ExchangePorts, "clock" | "log">;

const RESERVE_MS = 5_000;

/**
 * Wakes the projectors of the markets that the stream tells of, or all of them on schedule. The stream is only a wake-up: what it
 * says, in which order and how often, is not looked at. One market's failure does not keep the others from their turn.
 */
export async function projectWoken({ event, context, projectors }: Delivery, ports: Ports): Promise<void> {
  const deadlineMs = ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const woken =
    "Records" in event
      ? new Set(event.Records.map(({ dynamodb }) => dynamodb?.Keys?.pk?.S ?? ""))
      : projectors.keys();
  const faults: unknown[] = [];
  for (const market of woken) {
    try {
      await projectors.get(market)?.run(deadlineMs);
    } catch (fault) {
      ports.log.error("projection_failed", fault, { market });
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, "projection failed");
}
