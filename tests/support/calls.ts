import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { LambdaHandler } from "../../lib/edge/endpoint.ts";

export type Request = {
  readonly method?: string;
  readonly path?: string;
  readonly params?: { readonly [name: string]: string };
  readonly query?: { readonly [name: string]: string };
  readonly headers?: { readonly [name: string]: string };
  /** Sent as JSON, unless it is text already. */
  readonly body?: unknown;
  /** Handed on as it is, as the local emulator does with a bare number or boolean. */
  readonly bareBody?: number | boolean;
  readonly base64?: boolean;
  /** Of the function's time. */
  readonly remainingMs?: number;
};

export type Answered = {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Record<string, unknown> & { readonly details?: { path: string; message: string }[] };
};

/** Calls a function as API Gateway does. */
export async function call(handler: LambdaHandler, request: Request = {}): Promise<Answered> {
  const {
    method = "POST",
    path = "/api/things",
    params,
    query,
    headers = {},
    body,
    bareBody,
    base64 = false,
    remainingMs,
  } = request;
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const type = text === undefined && bareBody === undefined ? {} : { "content-type": "application/json" };
  const event = {
    version: "2.0",
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...type, ...headers },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(params === undefined ? {} : { pathParameters: params }),
    requestContext: {
      requestId: "gateway-1",
      http: { method, path, sourceIp: "192.0.2.1", userAgent: "vitest" },
    },
    body: bareBody ?? text,
    isBase64Encoded: base64,
  } as unknown as APIGatewayProxyEventV2;
  const clock = remainingMs === undefined ? {} : { getRemainingTimeInMillis: () => remainingMs };
  const context = { awsRequestId: "lambda-1", ...clock } as Context;
  const answer = await handler(event, context);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === "" ? {} : (JSON.parse(answer.body) as Answered["body"]),
  };
}
