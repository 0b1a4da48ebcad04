import type { Context, DynamoDBStreamEvent, ScheduledEvent } from "aws-lambda";
import { ports } from "../../lib/adapters/ports.ts";
import { projectWoken } from "../../lib/edge/stream-worker.ts";
import { Projector } from "../../lib/market-data/projector.ts";

const projectors = new Map(
  [...ports.catalogue.markets.values()].map((market) => [market.market, new Projector(market, ports)]),
);

export const handler = (event: DynamoDBStreamEvent | ScheduledEvent, context: Context): Promise<void> =>
  projectWoken({ event, context, projectors }, ports);
