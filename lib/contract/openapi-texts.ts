/** What the description says of all calls alike. */

export const INTRODUCTION = [
  "Amounts, prices and quantities are decimal strings, without exponent, printed without trailing zeros. Times are ISO 8601 UTC.",
  "Ids are ULIDs and sort by time. Lists are pages: `nextCursor` is the `cursor` of the next one, null at the end.",
  "Fields and query parameters that are not described are refused.",
  "Errors have one shape; programs branch on `code`. Answers with `Retry-After` may be tried again after so many seconds.",
].join("\n\n");

export const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "1 to 64 printable characters; per user, kept at least 24 hours. The same key and request gives the first answer again, " +
      "another request under the key is refused. A refused call leaves no trace and may be repeated.",
    schema: { type: "string", minLength: 1, maxLength: 64, pattern: "^[\\x20-\\x7e]+$" },
  },
  Prefer: {
    name: "Prefer",
    in: "header",
    description:
      "`wait=N`: answer when the order has moved on, after N seconds at the latest; more than 5 counts as 5.",
    schema: { type: "string", examples: ["wait=2"] },
  },
  CorrelationId: {
    name: "X-Correlation-Id",
    in: "header",
    description:
      "1 to 64 printable characters that follow the request through the logs. The request id, if not given.",
    schema: { type: "string", maxLength: 64 },
  },
};

export const HEADERS = {
  RequestId: { description: "Names this request in the logs.", schema: { type: "string" } },
  CorrelationId: {
    description: "The caller's correlation id, or the request id.",
    schema: { type: "string" },
  },
  RetryAfter: { description: "Seconds.", schema: { type: "integer" } },
  CacheControl: { description: "For how long anybody may keep the answer.", schema: { type: "string" } },
  Replayed: { description: "`true` where this is the first answer again.", schema: { type: "string" } },
};
