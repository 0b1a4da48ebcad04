import {
  type Configuration,
  type FunctionDefinition,
  type Json,
  listFrom,
  objectFrom,
  textFrom,
} from "../../../scripts/local/configuration.ts";
import type { Asked } from "./actions.ts";

/** One action on one resource that a role has; resources are written as `Asked` writes them. */
export type Grant = {
  readonly action: string;
  readonly resource: string;
  readonly partitions: readonly string[] | undefined;
};

export function grantsOf(role: string, configuration: Configuration): readonly Grant[] {
  const { resources } = configuration;
  const policies = listFrom(resources[role]?.Properties.Policies).map(objectFrom);
  return policies
    .flatMap((policy) => listFrom(objectFrom(policy.PolicyDocument).Statement).map(objectFrom))
    .flatMap(({ Action, Resource, Condition }) =>
      listFrom(Action).flatMap((action) =>
        listFrom(Resource).map((resource) => ({
          action: textFrom(action),
          resource: nameOf(resource, configuration),
          partitions: partitionsOf(Condition),
        })),
      ),
    );
}

export function allows({ action, resource, partitions }: Grant, asked: Asked): boolean {
  const isOfPartitions =
    partitions === undefined ||
    asked.leadingKeys.every((key) => partitions.some((pattern) => matches(pattern, key)));
  return action === asked.action && resource === asked.resource && isOfPartitions;
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function partitionsOf(condition: Json | undefined): readonly string[] | undefined {
  if (condition === undefined) return undefined;
  const like = objectFrom(objectFrom(condition)["ForAllValues:StringLike"]);
  return listFrom(like["dynamodb:LeadingKeys"]).map(textFrom);
}

/** The last part of an ARN, which is all of it that differs between what stands in one account and region. */
function nameOf(arn: Json, { resources }: Configuration): string {
  const { "Fn::Join": joined, "Fn::GetAtt": attribute, "Fn::ImportValue": imported } = objectFrom(arn);
  if (imported !== undefined) return textFrom(imported);
  if (attribute !== undefined)
    return textFrom(resources[textFrom(listFrom(attribute)[0])]?.Properties.QueueName);
  return textFrom(listFrom(listFrom(joined)[1]).at(-1));
}

/** What AWS itself does in a function's name, or the function on AWS alone: it follows from how the function is configured. */
export function askedOnAws(definition: FunctionDefinition, configuration: Configuration): readonly Asked[] {
  const { prefix } = configuration;
  const on = (resource: string, ...actions: readonly string[]): readonly Asked[] =>
    actions.map((action) => ({ action, resource, leadingKeys: [] }));
  const logs = on(`log-group:/aws/lambda/${prefix}-*:*`, "logs:CreateLogStream", "logs:PutLogEvents");
  const sources = definition.events.flatMap(({ sqs, stream }) => {
    if (sqs !== undefined) {
      const queue = nameOf(objectFrom(sqs).arn as Json, configuration);
      return on(queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes");
    }
    if (stream === undefined) return [];
    const { arn, destinations } = objectFrom(stream);
    const reads = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    const onFailure = objectFrom(objectFrom(destinations).onFailure).arn as Json;
    return [
      ...on(nameOf(arn as Json, configuration), ...reads.map((read) => `dynamodb:${read}`)),
      ...on(nameOf(onFailure, configuration), "sqs:SendMessage"),
    ];
  });
  const key = definition.environment.JWT_PRIVATE_KEY_PARAMETER;
  return [
    ...logs,
    ...sources,
    ...(key === undefined ? [] : on(`parameter${textFrom(key)}`, "ssm:GetParameter")),
  ];
}
