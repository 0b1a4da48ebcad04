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

const EXCEEDED = {
  ComparisonOperator: "GreaterThanThreshold",
  TreatMissingData: "notBreaching",
  AlarmActions: [{ Ref: "AlarmTopic" }],
};

function alarm(AlarmDescription, more) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: { AlarmDescription, Period: 60, EvaluationPeriods: 1, ...EXCEEDED, ...more },
  };
}

function onQueue(market, more) {
  return { Namespace: "AWS/SQS", Dimensions: [{ Name: "QueueName", Value: queueName(market) }], ...more };
}

function onMatcher(market, more) {
  const Value = `${NAMES}-match-${market}`;
  return { Namespace: "AWS/Lambda", Dimensions: [{ Name: "FunctionName", Value }], ...more };
}

/** On what we measure ourselves, as lib/adapters/metrics.ts writes it; tests/scenarios/roles.test.ts sees each of them written. */
function onOurs(market, MetricName, more = {}) {
  const Dimensions = [
    { Name: "service", Value: `\${self:service}` },
    { Name: "market", Value: market },
  ];
  return { Namespace: NAMES, MetricName, Dimensions, Statistic: "Sum", Threshold: 0, ...more };
}

/** Each calls somebody; lib/README.md says what to do. */
function alarmsOf(market) {
  const longMs = 800 * MATCHER_TIMEOUT_SECONDS;
  return {
    OldestCommand: alarm(
      `Commands of ${market} wait for a minute and more: its matcher cannot commit.`,
      onQueue(market, { MetricName: "ApproximateAgeOfOldestMessage", Statistic: "Maximum", Threshold: 60 }),
    ),
    MatcherErrors: alarm(
      `The matcher of ${market} fails or is stopped; its messages come again after ten seconds each time.`,
      onMatcher(market, { MetricName: "Errors", Statistic: "Sum", Threshold: 0 }),
    ),
    MatcherThrottles: alarm(
      `The matcher of ${market} finds no place to run, although its places are reserved.`,
      onMatcher(market, {
        MetricName: "Throttles",
        Statistic: "Sum",
        Threshold: 10,
        EvaluationPeriods: 3,
      }),
    ),
    MatcherDuration: alarm(
      `The matcher of ${market} needs nearly all of its time, three minutes on end: the store is slow, or the book is long to recover.`,
      onMatcher(market, {
        MetricName: "Duration",
        Statistic: "Maximum",
        Threshold: longMs,
        EvaluationPeriods: 3,
      }),
    ),
    SnapshotLag: alarm(
      `The newest snapshot of ${market} is far behind its journal; a cold matcher would take long to recover.`,
      onOurs(market, "SnapshotLag", { Statistic: "Maximum", Threshold: 20_000 }),
    ),
    InvariantBroken: alarm(
      `A wallet contradicts the journal of ${market}; an order was suspended and the market halted.`,
      onOurs(market, "InvariantBroken"),
    ),
    EngineFaults: alarm(
      `The engine threw on a command of ${market}; it was journalled as rejected and its order will be voided.`,
      onOurs(market, "EngineFaults"),
    ),
    OrdersNotVoided: alarm(
      `A pending order of ${market} cannot be released, since its wallet does not hold what it reserved.`,
      onOurs(market, "OrdersNotVoided"),
    ),
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
      markets.flatMap(({ market }) =>
        Object.entries(alarmsOf(market)).map(([name, alarm]) => [`${logical(market)}${name}Alarm`, alarm]),
      ),
    ),
  },
  /** Entries stand under their market's name alone; snapshots, which wake nobody, under longer keys. */
  journalEntries: {
    eventName: ["INSERT"],
    dynamodb: { Keys: { pk: { S: markets.map(({ market }) => market) } } },
  },
};
