/**
 * What a market needs, made from its lines in markets.json: a queue, a matcher with that queue as its event source, and an alarm.
 * serverless.yml includes the parts by name.
 */
const { NAMES, queueArn, queueName } = require("./arns.cjs");
const { markets } = require("./markets.json");

const MATCHER_TIMEOUT_SECONDS = 5;
/** The least that AWS allows of an event source; reserved as well, so that no flood at the API takes a market's place. */
const MATCHER_CONCURRENCY = 2;
const FOURTEEN_DAYS_SECONDS = 14 * 24 * 60 * 60;

/** BTC-USDT becomes BtcUsdt: logical ids take letters and digits only. */
function logical(market) {
  return market
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join("");
}

function queue(market) {
  return {
    Type: "AWS::SQS::Queue",
    // Commands in it were accepted. As with tables, only a creation that fails takes it away.
    DeletionPolicy: "RetainExceptOnCreate",
    UpdateReplacePolicy: "Retain",
    Properties: {
      QueueName: queueName(market),
      FifoQueue: true,
      // Twice the matcher's time: the journal's fence makes an early redelivery harmless, and a crash must not darken a market for long.
      VisibilityTimeout: 2 * MATCHER_TIMEOUT_SECONDS,
      MessageRetentionPeriod: FOURTEEN_DAYS_SECONDS,
      SqsManagedSseEnabled: true,
    },
  };
}

function oldestCommandAlarm(market) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: `Commands of ${market} wait for a minute and more: its matcher cannot commit.`,
      Namespace: "AWS/SQS",
      MetricName: "ApproximateAgeOfOldestMessage",
      Dimensions: [{ Name: "QueueName", Value: queueName(market) }],
      Statistic: "Maximum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 60,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: [{ Ref: "AlarmTopic" }],
    },
  };
}

function matcher(market) {
  return {
    name: `${NAMES}-match-${market}`,
    handler: "functions/workers/match.handler",
    role: "MatcherRole",
    // One whole vCPU: a cold matcher with a big book has to be ready within the first half of its time.
    memorySize: 1769,
    timeout: MATCHER_TIMEOUT_SECONDS,
    reservedConcurrency: MATCHER_CONCURRENCY,
    events: [
      {
        sqs: {
          arn: queueArn(market),
          batchSize: 10,
          functionResponseType: "ReportBatchItemFailures",
          // A FIFO group is one consumer at a time anyway; the fence is what guards the market.
          maximumConcurrency: MATCHER_CONCURRENCY,
        },
      },
    ],
  };
}

module.exports = {
  matchers: Object.fromEntries(
    markets.map(({ market }) => [`workersMatch${logical(market)}`, matcher(market)]),
  ),
  queues: {
    Resources: Object.fromEntries(markets.map(({ market }) => [`${logical(market)}Queue`, queue(market)])),
  },
  alarms: {
    Resources: Object.fromEntries(
      markets.map(({ market }) => [`${logical(market)}OldestCommandAlarm`, oldestCommandAlarm(market)]),
    ),
  },
  /** Entries stand under their market's name alone; snapshots, which wake nobody, under longer keys. */
  journalEntries: {
    eventName: ["INSERT"],
    dynamodb: { Keys: { pk: { S: markets.map(({ market }) => market) } } },
  },
};
