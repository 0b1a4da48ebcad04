import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Matcher } from "../matcher/matcher.ts";
import { readMessage } from "../matching/wire/message.ts";
import type { ExchangePorts } from "../ports/ports.ts";

type Delivery = {
  readonly event: SQSEvent;
  readonly context: Context;
  readonly matcherOf: (market: string) => Matcher;
};

type Ports = Pick<ExchangePorts, "queue" | "clock" | "log">;

/** No entry is begun in the last part of the function's time, and none is tried again at its very end. */
const PLAN_SHARE = 0.6;
const RESERVE_MS = 400;
const LONGEST_DELAY_S = 8;

/**
 * Gives a batch to its market's matcher and answers which messages have to come again: the first that is not completed and all after it,
 * for the order of a market must not change. After a failure they come again soon, and later the more often it failed.
 */
export async function takeBatch(
  { event, context, matcherOf }: Delivery,
  ports: Ports,
): Promise<SQSBatchResponse> {
  const records = event.Records;
  const [first] = records;
  if (first === undefined) return { batchItemFailures: [] };
  const market = ports.queue.marketOf(first.eventSourceARN);
  const nowMs = ports.clock.nowMs();
  const leftMs = context.getRemainingTimeInMillis();
  const deadlines = { planBy: nowMs + leftMs * PLAN_SHARE, commitBy: nowMs + leftMs - RESERVE_MS };
  let completed = 0;
  try {
    const commands = records.map((record) => readMessage(messageOf(record)));
    completed = await matcherOf(market).take(commands, deadlines);
  } catch (fault) {
    ports.log.error("batch_failed", fault, { market, messages: records.length });
    await delay(records, { market, ports });
  }
  return {
    batchItemFailures: records.slice(completed).map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
}

function messageOf({ messageId, body, attributes }: SQSRecord) {
  return {
    messageId,
    body,
    sequence: attributes.SequenceNumber ?? "0",
    sentMs: Number(attributes.SentTimestamp),
  };
}

async function delay(
  records: readonly SQSRecord[],
  { market, ports }: { market: string; ports: Ports },
): Promise<void> {
  const received = Number(records[0]?.attributes.ApproximateReceiveCount ?? 1);
  const seconds = Math.min(LONGEST_DELAY_S, 2 ** (received - 1) - 1);
  try {
    await ports.queue.redeliver(
      market,
      records.map(({ receiptHandle }) => receiptHandle),
      seconds,
    );
  } catch (fault) {
    // Then they come again when their visibility ends, only later.
    ports.log.warn("redelivery_not_set", { market, cause: String(fault) });
  }
}
