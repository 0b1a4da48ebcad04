import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createPorts } from "../../lib/adapters/create-ports.ts";
import { takeBatch } from "../../lib/edge/queue-worker.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import { QUEUE_CALL_MS, STORE_CALL_MS } from "../../lib/matcher/time.ts";

const ports = createPorts({
  store: { patience: { requestTimeoutMs: STORE_CALL_MS, attempts: 1, batchAttempts: 1 } },
  queue: { patience: { requestTimeoutMs: QUEUE_CALL_MS, attempts: 1 } },
});

/** One matcher per market, kept while the instance is warm: its book is what makes a batch cost one call. */
const matchers = new Map<string, Matcher>();

function matcherOf(name: string): Matcher {
  const market = ports.catalogue.markets.get(name);
  if (market === undefined) throw new Error(`market ${name} is not defined`);
  const matcher = matchers.get(name) ?? new Matcher(market, ports);
  matchers.set(name, matcher);
  return matcher;
}

export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  takeBatch({ event, context, matcherOf }, ports);
