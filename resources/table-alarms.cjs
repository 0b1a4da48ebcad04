/** An alarm for each table of tables.yml: DynamoDB throttles it, or one of its indexes, which holds up the writes of the table. */
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");

const { Resources } = parse(readFileSync(join(__dirname, "tables.yml"), "utf8"), { logLevel: "error" });

function throttles(Dimensions, id) {
  return ["Read", "Write"].map((kind) => ({
    Id: `${kind.toLowerCase()}${id}`,
    MetricStat: {
      Metric: { Namespace: "AWS/DynamoDB", MetricName: `${kind}ThrottleEvents`, Dimensions },
      Period: 60,
      Stat: "Sum",
    },
    ReturnData: false,
  }));
}

function alarm({ TableName, GlobalSecondaryIndexes = [] }) {
  const table = { Name: "TableName", Value: TableName };
  const metrics = GlobalSecondaryIndexes.map(({ IndexName }, index) =>
    throttles([table, { Name: "GlobalSecondaryIndexName", Value: IndexName }], index),
  );
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: `DynamoDB throttles ${TableName} or one of its indexes; calls are tried again and get slow.`,
      // Ten metrics at most. Reads of indexes are lists, which wait without harm; their writes hold up the table's.
      Metrics: [
        { Id: "all", Expression: "SUM(METRICS())", ReturnData: true },
        ...throttles([table], "table"),
        ...metrics.flat().filter(({ Id }) => Id.startsWith("write")),
      ],
      EvaluationPeriods: 2,
      Threshold: 10,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: [{ Ref: "AlarmTopic" }],
    },
  };
}

module.exports = {
  alarms: {
    Resources: Object.fromEntries(
      Object.entries(Resources).map(([id, { Properties }]) => [`${id}ThrottledAlarm`, alarm(Properties)]),
    ),
  },
};
