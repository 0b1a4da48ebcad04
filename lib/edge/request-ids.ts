import type { ExchangePorts, RequestLog } from "../ports/ports.ts";
import { type EdgeMiddleware, isHttpAnswer } from "./request.ts";

const PRINTABLE = /^[\x21-\x7e]{1,64}$/;

type Ports = Pick<ExchangePorts, "clock" | "random"> & {
  readonly log: RequestLog;
};

/**
 * Names the request. The request id is the invocation's, under which Lambda's own lines are found too; the correlation id is the
 * caller's where it gave a sensible one, and follows an order through its market's queue.
 */
export function requestIds({ clock, random, log }: Ports): EdgeMiddleware {
  const answerIds: NonNullable<EdgeMiddleware["after"]> = ({ event, response }) => {
    if (!isHttpAnswer(response)) return;
    response.headers["x-request-id"] = event.edge.requestId;
    response.headers["x-correlation-id"] = event.edge.correlationId;
  };
  return {
    before: ({ event, context }) => {
      const startedAtMs = clock.nowMs();
      const requestId = context.awsRequestId || event.requestContext?.requestId || random.id(startedAtMs);
      const given = event.headers?.["x-correlation-id"];
      const correlationId = given !== undefined && PRINTABLE.test(given) ? given : requestId;
      event.edge = { requestId, correlationId, startedAtMs };
      log.add({ requestId, correlationId });
    },
    after: answerIds,
    onError: answerIds,
  };
}
