/**
 * How one stack speaks of what stands in the other, or in AWS: by names, since a name, an account and a region are all of an ARN. Only a
 * stream's holds more, the moment when it was made, so the data's stack exports it.
 */
const NAMES = `\${self:service}-\${sls:stage}`;

function arn(service, name) {
  const parts = [
    "arn",
    { Ref: "AWS::Partition" },
    service,
    { Ref: "AWS::Region" },
    { Ref: "AWS::AccountId" },
  ];
  return { "Fn::Join": [":", [...parts, name]] };
}

module.exports = {
  NAMES,
  arn,
  queueName: (market) => `${NAMES}-${market}.fifo`,
  queueArn: (market) => arn("sqs", `${NAMES}-${market}.fifo`),
  tableArn: (table) => arn("dynamodb", `table/${NAMES}-${table}`),
  indexArn: (table, index) => arn("dynamodb", `table/${NAMES}-${table}/index/${index}`),
  JOURNAL_STREAM: { "Fn::ImportValue": `${NAMES}-journal-stream` },
};
