import type { Route } from "../contract/route.ts";
import type { Clock, RequestLog } from "../ports/ports.ts";
import { type EdgeMiddleware, isHttpAnswer } from "./request.ts";

/** One line for each request, with what a person would search by. */
export function accessLog(
  route: Route,
  { clock, log }: { readonly clock: Clock; readonly log: RequestLog },
): EdgeMiddleware {
  const write: NonNullable<EdgeMiddleware["after"]> = ({ event, response }) => {
    const { startedAtMs, signedIn, code } = event.edge;
    log.info("request", {
      route: route.id,
      status: isHttpAnswer(response) ? response.statusCode : 500,
      ms: clock.nowMs() - startedAtMs,
      userId: signedIn?.user.id,
      code,
    });
  };
  return { after: write, onError: write };
}
