import { describe, expect, it } from "vitest";
import definitions from "../../../resources/markets.json" with { type: "json" };
import { loadConfiguration, objectFrom, resourceOf } from "../../../scripts/local/configuration.ts";

const configuration = loadConfiguration("dev");
const { functions, resources, prefix } = configuration;
const queues = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::SQS::Queue");

function queueOf(market: string): readonly [string, { readonly [name: string]: unknown }] {
  const found = queues.find(([, { Properties }]) => Properties.QueueName === `${prefix}-${market}.fifo`);
  if (found === undefined) throw new Error(`no queue for ${market}`);
  return [found[0], found[1].Properties];
}

function matcherOf(market: string) {
  const found = Object.values(functions).find(({ name }) => name === `${prefix}-match-${market}`);
  if (found === undefined) throw new Error(`no matcher for ${market}`);
  return found;
}

describe("markets > everything follows from markets.json", () => {
  it("has a queue, a matcher and an alarm for each market, and for no other", () => {
    const { length } = definitions.markets;
    expect(queues.filter(([, { Properties }]) => Properties.FifoQueue === true)).toHaveLength(length);
    expect(Object.keys(functions).filter((key) => key.startsWith("workersMatch"))).toHaveLength(length);
    expect(Object.keys(resources).filter((id) => id.endsWith("OldestCommandAlarm"))).toHaveLength(length);
  });

  for (const { market } of definitions.markets) {
    it(`queues commands of ${market} in order, without a dead-letter queue that would break it`, () => {
      const [, properties] = queueOf(market);
      expect(properties).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 1_209_600 });
      expect(properties).not.toHaveProperty("RedrivePolicy");
    });

    it(`keeps the queue of ${market}, whose commands were accepted, when the stack is deleted`, () => {
      const queue = configuration.data[queueOf(market)[0]];
      expect(queue?.DeletionPolicy).toBe("RetainExceptOnCreate");
    });

    it(`shows commands of ${market} again after twice the matcher's time`, () => {
      const [, properties] = queueOf(market);
      expect(matcherOf(market).timeoutSeconds).toBe(5);
      expect(properties.VisibilityTimeout).toBe(10);
    });

    it(`hands the queue of ${market} to its own matcher, ten at a time, with partial batch responses`, () => {
      const [logicalId] = queueOf(market);
      const [{ sqs } = {}] = matcherOf(market).events;
      expect(resourceOf(objectFrom(sqs).arn, configuration)).toBe(resources[logicalId]);
      expect(matcherOf(market).events).toEqual([
        {
          sqs: {
            arn: objectFrom(sqs).arn,
            batchSize: 10,
            functionResponseType: "ReportBatchItemFailures",
            maximumConcurrency: 2,
          },
        },
      ]);
    });

    it(`calls somebody when commands of ${market} wait`, () => {
      const [, { QueueName }] = queueOf(market);
      const alarm = Object.values(resources).find(({ Properties }) =>
        JSON.stringify(Properties.Dimensions ?? []).includes(`"${QueueName}"`),
      );
      expect(alarm?.Properties).toMatchObject({ MetricName: "ApproximateAgeOfOldestMessage" });
      expect(alarm?.Properties.AlarmActions).toEqual([{ Ref: "AlarmTopic" }]);
    });
  }

  it("wakes the projector by entries of every market, and not by snapshots", () => {
    const stream = functions.workersProject?.events.find((event) => event.stream !== undefined);
    expect(resourceOf(objectFrom(stream?.stream).arn, configuration)).toBe(resources.JournalTable);
    expect(objectFrom(stream?.stream).filterPatterns).toEqual([
      {
        eventName: ["INSERT"],
        dynamodb: { Keys: { pk: { S: definitions.markets.map(({ market }) => market) } } },
      },
    ]);
  });
});
