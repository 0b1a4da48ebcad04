import type { z } from "zod/mini";
import type { Detail } from "../contract/refusal.ts";
import type { Route } from "../contract/route.ts";
import { type EdgeMiddleware, Refused } from "./request.ts";

/** Details are for a person who mends a request: more of them than this help nobody. */
const MAX_DETAILS = 20;
const MAX_PATH = 100;

type Checked = { readonly value: unknown; readonly details: readonly Detail[] };

/**
 * Parses path, query and body by the route's schemas. A path parameter that can name nothing is answered as nothing being there,
 * as it would be for a well-formed one.
 */
export function validation(route: Route): EdgeMiddleware {
  return {
    before: ({ event }) => {
      const params = check(route.params, event.pathParameters ?? {});
      if (params.details.length > 0) {
        if (route.refusals.includes("UNKNOWN_MARKET")) throw new Refused({ code: "UNKNOWN_MARKET" });
        throw new Refused({
          code: "NOT_FOUND",
          ...(route.notFound === undefined ? {} : { message: route.notFound }),
        });
      }
      const query = check(route.query, { ...event.queryStringParameters });
      const body = check(route.body, event.edge.json);
      const details = [...query.details, ...body.details];
      if (details.length > 0)
        throw new Refused({ code: "VALIDATION_ERROR", details: details.slice(0, MAX_DETAILS) });
      event.edge.parsed = { params: params.value, query: query.value, body: body.value };
    },
  };
}

function check(schema: z.ZodMiniType | undefined, given: unknown): Checked {
  if (schema === undefined) return { value: undefined, details: [] };
  const parsed = schema.safeParse(given, { error: messageOf });
  if (parsed.success) return { value: parsed.data, details: [] };
  return { value: undefined, details: parsed.error.issues.flatMap(detailsOf) };
}

function detailsOf(issue: z.core.$ZodIssue): Detail[] {
  if (issue.code !== "unrecognized_keys") return [{ path: pathOf(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: "is not a known field" }));
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".").slice(0, MAX_PATH);
}

/** Messages read as sentences that begin with the field: "price must be a string". Schemas' own messages go before these. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type")
    return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
  if (issue.code === "invalid_value") {
    return issue.input === undefined ? "is required" : `must be one of: ${issue.values.join(", ")}`;
  }
  if (issue.code === "too_big") return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  if (issue.code === "too_small") return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  return undefined;
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters long" : "";
}
