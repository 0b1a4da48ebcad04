import type { _Record as StreamRecord } from "@aws-sdk/client-dynamodb-streams";
import type { Json, JsonObject } from "./configuration.ts";

/**
 * Lambda's event filtering, the part that resources/ uses: an object of patterns, whose leaves are lists of the texts allowed. A leaf
 * of any other kind would silently be another filter here than on AWS, so it throws.
 */
export function matches(record: StreamRecord, filters: readonly JsonObject[]): boolean {
  return filters.length === 0 || filters.some((filter) => fits(record, filter));
}

function fits(value: unknown, pattern: Json): boolean {
  if (Array.isArray(pattern)) {
    if (!pattern.every((allowed: Json) => typeof allowed === "string")) {
      throw new Error(`the local stack does not know the filter ${JSON.stringify(pattern)}`);
    }
    return typeof value === "string" && pattern.includes(value);
  }
  if (pattern === null || typeof pattern !== "object") {
    throw new Error(`the local stack does not know the filter ${JSON.stringify(pattern)}`);
  }
  if (value === null || typeof value !== "object") return false;
  return Object.entries(pattern).every(([name, inner]) =>
    fits((value as { readonly [name: string]: unknown })[name], inner),
  );
}
