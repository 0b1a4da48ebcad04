import type { z } from "zod/mini";
import type { Code } from "./refusal.ts";

/**
 * A route is one call of the public API, as data: endpoints parse with it, the OpenAPI description is built from it, and
 * tests compare it with what is deployed. What a handler receives and may answer follows from it by type.
 */
export type Route = {
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: `/api/${string}`;
  /** Who may call: anyone, a signed-in user, or an administrator. */
  readonly auth: "none" | "user" | "admin";
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  /** Success answers by status; null where there is no body. */
  readonly answers: { readonly [status: number]: z.ZodMiniType | null };
  /** Refusals of this call's own; those that follow from its shape are added by `refusalsOf`. */
  readonly refusals: readonly Code[];
  /**
   * How an `Idempotency-Key` is kept. `record`: the edge keeps the whole record.
   * `transaction`: the use case writes the record in its own transaction, and the edge adds the answer.
   */
  readonly idempotency?: "record" | "transaction";
  /** For how long anybody may keep a success answer. Without it nobody may keep any. */
  readonly maxAgeSeconds?: number;
  /** Whether `Prefer: wait=N` has a meaning. */
  readonly waits?: true;
  /** The public text where a path parameter cannot name anything, such as "Order not found". */
  readonly notFound?: string;
};

export function route<const R extends Route>(definition: R): R {
  return definition;
}

type OutputOf<S> = S extends z.ZodMiniType ? z.output<S> : undefined;

/** The parsed body, query and path parameters; undefined where the route has none. */
export type BodyOf<R extends Route> = R extends { readonly body: infer S } ? OutputOf<S> : undefined;
export type QueryOf<R extends Route> = R extends { readonly query: infer S } ? OutputOf<S> : undefined;
export type ParamsOf<R extends Route> = R extends { readonly params: infer S } ? OutputOf<S> : undefined;

type Immutable<T> = unknown extends T ? T : { readonly [K in keyof T]: Immutable<T[K]> };

/** Statuses and bodies that a handler of the route may answer with. */
export type AnswerOf<R extends Route> = {
  [S in keyof R["answers"] & number]: {
    readonly status: S;
    readonly body: R["answers"][S] extends z.ZodMiniType ? Immutable<z.output<R["answers"][S]>> : undefined;
    readonly headers?: { readonly [name: string]: string };
  };
}[keyof R["answers"] & number];

/** Every refusal that a caller of the route can meet: its own and those that its shape brings. */
export function refusalsOf(definition: Route): readonly Code[] {
  const codes = new Set<Code>(definition.refusals);
  if (definition.body !== undefined) {
    codes.add("VALIDATION_ERROR").add("PAYLOAD_TOO_LARGE").add("UNSUPPORTED_MEDIA_TYPE");
  }
  // A body where none is wanted is ignored, but bounded all the same.
  if (definition.method !== "GET") codes.add("PAYLOAD_TOO_LARGE");
  if (definition.query !== undefined) codes.add("VALIDATION_ERROR");
  if (definition.notFound !== undefined) codes.add("NOT_FOUND");
  if (definition.auth !== "none") codes.add("UNAUTHORIZED").add("ACCOUNT_FROZEN");
  if (definition.auth === "admin") codes.add("FORBIDDEN");
  if (definition.idempotency !== undefined) codes.add("VALIDATION_ERROR").add("IDEMPOTENCY_MISMATCH");
  // The API bounds requests of all callers together, before any function is called.
  return [...codes.add("RATE_LIMITED").add("UNAVAILABLE").add("INTERNAL")];
}
