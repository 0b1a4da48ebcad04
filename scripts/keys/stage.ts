import { CannotBegin } from "../command/told.ts";
import { DEFAULT_REGION } from "../local/configuration.ts";

/** The one stage that a command is about. */
export function stageFrom([stage, ...more]: readonly string[]): string {
  if (stage === undefined || more.length > 0 || !/^[a-z0-9-]+$/.test(stage))
    throw new CannotBegin("name one stage, such as dev; --help says more");
  return stage;
}

/** Where that stage is, as serverless.yml says. */
export function regionOf(env: NodeJS.ProcessEnv): string {
  return env.AWS_REGION || DEFAULT_REGION;
}
