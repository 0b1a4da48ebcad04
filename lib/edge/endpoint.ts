import middy from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { SignedIn } from "../auth/authenticate.ts";
import type { Client } from "../auth/ports.ts";
import type { Answer } from "../contract/answer.ts";
import { type Result, refuse } from "../contract/refusal.ts";
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, Route } from "../contract/route.ts";
import { idempotently, isIdempotencyKey } from "../idempotency/idempotently.ts";
import type { IdempotencyKey } from "../idempotency/request-item.ts";
import { accessLog } from "./access-log.ts";
import { authentication } from "./authentication.ts";
import { errors } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { jsonAnswer } from "./json-answer.ts";
import { jsonBody } from "./json-body.ts";
import type { EdgePorts } from "./ports.ts";
import { waitMsOf } from "./prefer.ts";
import { type EdgeEvent, type HttpAnswer, Refused } from "./request.ts";
import { requestIds } from "./request-ids.ts";
import { validation } from "./validation.ts";

const TIME_TO_ANSWER_MS = 100;
const DEVICE_LENGTH = 256;

/** What a handler receives: everything parsed, checked and typed by its route. */
export type Input<R extends Route> = {
  readonly body: BodyOf<R>;
  readonly query: QueryOf<R>;
  readonly params: ParamsOf<R>;
  readonly user: R["auth"] extends "none" ? undefined : SignedIn["user"];
  readonly sessionId: R["auth"] extends "none" ? undefined : string;
  readonly requestId: string;
  readonly correlationId: string;
  /** How long the caller would wait for the order to leave `pending`; 0 to 5000. */
  readonly waitMs: number;
  /** A ULID that is the same whenever this very call is repeated under its idempotency key; drawn anew without one. */
  readonly operationId: string;
  /** Aborted when the caller is answered before this is done, since the function's time is nearly over: nothing may be sent after that. */
  readonly over: AbortSignal;
  /** For use cases that write the record in their own transaction, with `operationId`. */
  readonly idempotency?: IdempotencyKey;
  readonly client: Client;
};

export type Handler<R extends Route> = (input: Input<R>) => Promise<Result<AnswerOf<R>>>;
export type LambdaHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<HttpAnswer>;

/** The one recipe of all HTTP functions: who calls, what is asked, one use case, one answer. */
export function endpoint<const R extends Route>(
  route: R,
  handler: Handler<R>,
  ports: EdgePorts,
): LambdaHandler {
  const recipe = middy<EdgeEvent, Answer | HttpAnswer, Error, Context>({
    timeoutEarlyInMillis: TIME_TO_ANSWER_MS,
  })
    .use(requestIds(ports))
    .use(accessLog(route, ports))
    .use(jsonAnswer(route))
    .use(errors(ports))
    .use(authentication(route, ports))
    .use(jsonBody(route))
    .use(validation(route))
    .handler(async (event: EdgeEvent, _context: Context, { signal }: { signal: AbortSignal }) => {
      const result = await perform(route, handler, { event, over: signal }, ports);
      if (!result.ok) throw new Refused(result.refusal);
      return result.value;
    });
  // After the errors middleware every answer is printed; the first middleware adds `edge` to the event.
  return (event, context) =>
    ports.log.within(() => recipe(event as EdgeEvent, context) as Promise<HttpAnswer>);
}

async function perform<R extends Route>(
  route: R,
  handler: Handler<R>,
  { event, over }: { readonly event: EdgeEvent; readonly over: AbortSignal },
  ports: EdgePorts,
): Promise<Result<Answer>> {
  const { edge, headers, requestContext } = event;
  const run = (operationId: string, idempotency?: IdempotencyKey): Promise<Result<Answer>> => {
    const input = {
      ...edge.parsed,
      user: edge.signedIn?.user,
      sessionId: edge.signedIn?.sessionId,
      requestId: edge.requestId,
      correlationId: edge.correlationId,
      waitMs: waitMsOf(headers.prefer),
      operationId,
      over,
      ...(idempotency === undefined ? {} : { idempotency }),
      client: {
        ip: requestContext.http.sourceIp,
        userAgent: (requestContext.http.userAgent ?? "").slice(0, DEVICE_LENGTH),
      },
    };
    // The middlewares parsed by this very route, which the types of the event cannot say.
    return handler(input as unknown as Input<R>);
  };
  const key = headers["idempotency-key"];
  if (key === undefined || route.idempotency === undefined || edge.signedIn === undefined) {
    return run(ports.random.id(ports.clock.nowMs()));
  }
  if (!isIdempotencyKey(key)) {
    return refuse("VALIDATION_ERROR", undefined, [
      { path: "Idempotency-Key", message: "must be 1 to 64 printable characters" },
    ]);
  }
  const { query, body } = edge.parsed ?? {};
  const fingerprint = fingerprintOf({ method: requestContext.http.method, path: event.rawPath, query, body });
  const call = { userId: edge.signedIn.user.id, key, fingerprint, kept: route.idempotency };
  return idempotently(call, run, ports);
}

/** Gives a use case's result the status it is answered with, and the words of the contract. */
export function answered<const S extends number, T, V = T>(
  status: S,
  result: Result<T>,
  show: (value: T) => V = (value) => value as unknown as V,
): Result<{ readonly status: S; readonly body: V }> {
  return result.ok ? { ok: true, value: { status, body: show(result.value) } } : result;
}
