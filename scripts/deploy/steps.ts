import { STACKS, type StackName, type Target, targetArguments } from "./serverless.ts";

export type Step = { readonly why: string; readonly stack: StackName; readonly args: readonly string[] };

type State = Target & {
  /** Tables of the configuration that are not there yet. */
  readonly missing: readonly string[];
};

/**
 * What a deployment does, in order. A table that is protected from its first moment could not be taken back by CloudFormation where its creation
 * fails, and its name would stand in the way of the next attempt: so new ones are made without protection, and given it once they stand.
 */
export function stepsOf({ missing, ...target }: State): readonly Step[] {
  const deploy = (why: string, stack: StackName, ...more: readonly string[]): Step => {
    const file = STACKS.find(({ name }) => name === stack)?.file ?? "";
    return { why, stack, args: ["deploy", "--config", file, ...targetArguments(target), ...more] };
  };
  return [
    ...(missing.length === 0
      ? []
      : [deploy(`create ${missing.join(", ")}`, "data", "--param", "protected=false")]),
    deploy("tables and queues, protected from deletion", "data"),
    deploy("functions, their API, roles and alarms", "exchange"),
  ];
}
