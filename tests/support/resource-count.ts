import type { Configuration } from "../../scripts/local/configuration.ts";

const BY_FUNCTION = ["function", "log group"].length;
const BY_HTTP_EVENT = ["route", "integration", "permission"].length;
const BY_SCHEDULE = ["rule", "permission"].length;
const BY_SOURCE = ["event source mapping"].length;
const BY_STACK = ["API", "API stage", "deployment bucket", "its policy"].length;

/** How many CloudFormation resources Serverless makes of a configuration, in the stack of its functions. */
export function computedResources({ functions, resources, data }: Configuration): number {
  const events = Object.values(functions).flatMap((definition) => definition.events);
  const byEvent = events.map((event) =>
    event.httpApi !== undefined ? BY_HTTP_EVENT : event.schedule !== undefined ? BY_SCHEDULE : BY_SOURCE,
  );
  return (
    BY_STACK +
    Object.keys(functions).length * BY_FUNCTION +
    byEvent.reduce((sum: number, count) => sum + count, 0) +
    Object.keys(resources).length -
    Object.keys(data).length
  );
}
