import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Matcher, Taken } from "../matcher/matcher.ts";
import { deadlinesOf } from "../matcher/time.ts";
import { readMessage } from "../matching/wire/message.ts";
import type { ExchangePorts } from "../ports/ports.ts";

type Delivery = {
  readonly event: Pick<SQSEvent, "Records">;
  readonly context: Pick<Context, "getRemainingTimeInMillis">;
  readonly matcherOf: (market: string) => Pick<Matcher, "take">;
};

type Ports = Pick<ExchangePorts, "queue" | "clock" | "log">;

const LONGEST_PAUSE_S = 4;

/**
 * Gives a batch to its market's matcher and answers which messages have to come again: the first that is not completed and all after it,
 * for the order of a market must not change. Left alone they would be invisible until their visibility timeout, and the market with them,
 * so whatever is left is made visible: at once where only the time was up, after a pause that grows with each delivery where there is trouble.
 */
export async function takeBatch(
  { event: { Records: records }, context, matcherOf }: Delivery,
  ports: Ports,
): Promise<SQSBatchResponse> {
  const [first] = records;
  if (first === undefined) return { batchItemFailures: [] };
  const market = ports.queue.marketOf(first.eventSourceARN);
  const deadlines = deadlinesOf({ nowMs: ports.clock.nowMs(), leftMs: context.getRemainingTimeInMillis() });
  let taken: Taken | undefined;
  try {
    const commands = records.map((record) => readMessage(messageOf(record)));
    taken = await matcherOf(market).take(commands, deadlines);
  } catch (fault) {
    ports.log.error("batch_failed", fault, { market, messages: records.length });
  }
  const left = records.slice(taken?.completed ?? 0);
  if (left.length > 0) {
    const pauseSeconds = taken?.ended === "time_up" ? 0 : pauseOf(left);
    await redeliver(left, { market, pauseSeconds, ports });
  }
  return { batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function messageOf({ messageId, body, attributes }: SQSRecord) {
  return {
    messageId,
    body,
    sequence: attributes.SequenceNumber ?? "0",
    sentMs: Number(attributes.SentTimestamp),
  };
}

/** 0, 1, 3, then 4 seconds. */
function pauseOf([first]: readonly SQSRecord[]): number {
  const received = Number(first?.attributes.ApproximateReceiveCount ?? 1);
  return Math.min(LONGEST_PAUSE_S, 2 ** (received - 1) - 1);
}

async function redeliver(
  records: readonly SQSRecord[],
  { market, pauseSeconds, ports }: { market: string; pauseSeconds: number; ports: Ports },
): Promise<void> {
  try {
    await ports.queue.redeliver(
      market,
      records.map(({ receiptHandle }) => receiptHandle),
      pauseSeconds,
    );
  } catch (fault) {
    // Then they come again when their visibility ends, only later.
    ports.log.warn("redelivery_not_set", { market, cause: String(fault) });
  }
}
