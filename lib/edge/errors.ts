import type { Answer } from "../contract/answer.ts";
import type { Code, Refusal } from "../contract/refusal.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { Metrics, RequestLog } from "../ports/ports.ts";
import { StoreUnavailable } from "../store/store.ts";
import { ANSWERS } from "./answers.ts";
import { type EdgeMiddleware, Refused } from "./request.ts";

/** A refusal in the one public shape of errors. */
export function refusalAnswer(refusal: Refusal, requestId: string): Answer {
  const { status, text, retryAfterSeconds } = ANSWERS[refusal.code];
  const headers: { [name: string]: string } = {};
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds);
  if (refusal.code === "UNAUTHORIZED") headers["www-authenticate"] = "Bearer";
  const { message = text, details } = refusal;
  return {
    status,
    headers,
    body: { error: message, code: refusal.code, requestId, ...(details === undefined ? {} : { details }) },
  };
}

/** What an exception means to the caller. Only refusals speak for themselves; all else says nothing of its cause. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  const code: Code = isUnavailable(error) ? "UNAVAILABLE" : "INTERNAL";
  return { code };
}

/** Middy names its error so when the function's time is nearly over: whether the call succeeded is then not known. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof StoreUnavailable || error instanceof QueueUnavailable) return true;
  return error instanceof Error && error.name === "TimeoutError";
}

/** Turns whatever was thrown into an answer; the cause goes to the log. */
export function errors({
  log,
  metrics,
}: {
  readonly log: RequestLog;
  readonly metrics: Metrics;
}): EdgeMiddleware {
  return {
    onError: (request) => {
      const refusal = refusalOf(request.error);
      if (refusal.code === "INTERNAL") {
        log.error("internal_error", request.error);
        metrics.add("InternalErrors", "Count", 1);
      } else if (!(request.error instanceof Refused)) {
        log.error("unavailable", request.error);
      }
      request.event.edge.code = refusal.code;
      request.response = refusalAnswer(refusal, request.event.edge.requestId);
    },
  };
}
