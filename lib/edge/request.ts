import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { SignedIn } from "../auth/authenticate.ts";
import type { Answer } from "../contract/answer.ts";
import type { Refusal } from "../contract/refusal.ts";

/** What the middlewares learn about a request, each its own part, in the order in which they run. */
export type EdgeState = {
  requestId: string;
  correlationId: string;
  startedAtMs: number;
  signedIn?: SignedIn;
  json?: unknown;
  parsed?: { readonly body: unknown; readonly query: unknown; readonly params: unknown };
  code?: string;
};

export type EdgeEvent = APIGatewayProxyEventV2 & { edge: EdgeState };

/** An answer as API Gateway takes it. */
export type HttpAnswer = { statusCode: number; headers: { [name: string]: string }; body: string };

export type EdgeMiddleware = MiddlewareObj<EdgeEvent, Answer | HttpAnswer, Error, Context>;

/** Carries a refusal out of the middlewares, which have no other way to end a request. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export function isHttpAnswer(answer: Answer | HttpAnswer | null | undefined): answer is HttpAnswer {
  return answer !== null && answer !== undefined && "statusCode" in answer;
}
