/**
 * What AWS charges in us-east-1, in US dollars, as its public price pages said in 2026-11: on demand, without free tiers and discounts. The one
 * place for prices.
 */
export const PRICES = {
  /** DynamoDB, per million units (aws.amazon.com/dynamodb/pricing/on-demand). */
  writeUnits: 0.625,
  readUnits: 0.125,
  /** SQS FIFO, per million requests (aws.amazon.com/sqs/pricing). */
  queueRequests: 0.5,
  /** Lambda on arm64, per million invocations and per GB-second (aws.amazon.com/lambda/pricing). */
  invocations: 0.2,
  gbSeconds: 0.0000133334,
  /** HTTP API, per million requests (aws.amazon.com/api-gateway/pricing). */
  apiRequests: 1,
  /** CloudWatch Logs, per GB taken in (aws.amazon.com/cloudwatch/pricing). */
  logGb: 0.5,
} as const;
