import type { Answer } from "../contract/answer.ts";
import type { Route } from "../contract/route.ts";
import { type EdgeMiddleware, type HttpAnswer, isHttpAnswer } from "./request.ts";

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=63072000; includeSubDomains",
} as const;

/** Prints an answer. A bigint in it throws: an amount that reached this place without `lib/money` would be wrong silently. */
export function httpAnswer({ status, body, headers }: Answer): HttpAnswer {
  if (body === undefined) return { statusCode: status, headers: { ...HEADERS, ...headers }, body: "" };
  return {
    statusCode: status,
    headers: { ...HEADERS, "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * Turns answers, of handlers and of refusals, into text with the headers that every answer has. What a public route answers may be kept by
 * caches for as long as the route says; refusals never.
 */
export function jsonAnswer({ maxAgeSeconds }: Pick<Route, "maxAgeSeconds">): EdgeMiddleware {
  const kept = maxAgeSeconds === undefined ? {} : { "cache-control": `public, max-age=${maxAgeSeconds}` };
  const print =
    (headers: Answer["headers"]): NonNullable<EdgeMiddleware["after"]> =>
    (request) => {
      const { response } = request;
      if (response === null || response === undefined) throw new Error("a handler gave no answer");
      if (!isHttpAnswer(response))
        request.response = httpAnswer({ ...response, headers: { ...headers, ...response.headers } });
    };
  return { after: print(kept), onError: print({}) };
}
