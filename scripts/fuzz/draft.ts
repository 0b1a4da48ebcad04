import type { Cast } from "./cast.ts";
import type { Description, Operation } from "./description.ts";
import { printJson } from "./hostile.ts";
import { chanceOf, sensible, sensibleBody, sensibleParameter, someName } from "./values.ts";
import type { WireRequest } from "./wire.ts";

/** A request in parts, so that each can be mutated. */
export type Draft = {
  readonly operation: Operation;
  method: string;
  /** Without the query; escaped. */
  path: string;
  query: [name: string, value: string][];
  headers: { [name: string]: string | string[] };
  body: unknown;
  /** In place of the printed body. */
  bytes: Buffer | undefined;
  /** In words, the certain ones among them must lead to a refusal. */
  readonly mutations: string[];
  /** False once the call is not this operation any more. */
  isKnown: boolean;
};

/** How often each operation is tried, where not once: orders most; what costs a password's hash, or a look at every wallet, rarely. */
const WEIGHTS: { readonly [id: string]: number } = {
  placeOrder: 5,
  cancelOrder: 2,
  requestWithdrawal: 2,
  register: 0.2,
  login: 0.2,
  refresh: 0.5,
  logout: 0.1,
  endSession: 0.5,
  startReconciliation: 0.05,
  getReconciliation: 0.05,
  getDashboard: 0.2,
  getOpenApi: 0.1,
};

/** A request that the exchange has no reason to refuse, as far as the description tells. */
export function sensibleDraft(cast: Cast, description: Description): Draft {
  const { chance } = cast;
  const operation = drawOperation(cast, description);
  const parameter = (name: string) => encodeURIComponent(sensibleParameter(operation.path, name, cast));
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => parameter(name));
  const query = operation.query
    .filter(({ isRequired }) => isRequired || chanceOf(chance, 0.3))
    .map(({ name, schema }): [string, string] => [name, String(sensible(name, schema, cast, description))]);
  const headers: Draft["headers"] = {};
  const caller = operation.needs === "admin" ? cast.admin : cast.user;
  if (operation.needs !== "nobody") headers.authorization = `Bearer ${caller.accessToken}`;
  if (operation.takesKey && chanceOf(chance, 0.4)) headers["idempotency-key"] = someName(cast);
  if (chanceOf(chance, 0.1)) headers.prefer = "wait=1";
  const body = sensibleBody(operation, cast, description);
  if (body !== undefined) headers["content-type"] = "application/json";
  return {
    operation,
    method: operation.method,
    path,
    query,
    headers,
    body,
    bytes: undefined,
    mutations: [],
    isKnown: true,
  };
}

function drawOperation({ chance }: Cast, { operations }: Description): Operation {
  const weightOf = ({ id }: Operation): number => WEIGHTS[id] ?? 1;
  let left = chance.fraction() * operations.reduce((sum, each) => sum + weightOf(each), 0);
  for (const operation of operations) {
    left -= weightOf(operation);
    if (left <= 0) return operation;
  }
  throw new Error("the description has no operations");
}

export function wireOf({ method, path, query, headers, body, bytes }: Draft): WireRequest {
  const text = query.map(([name, value]) => `${name}=${value}`).join("&");
  return {
    method,
    path: text === "" ? path : `${path}?${text}`,
    headers,
    body: bytes ?? (body === undefined ? undefined : Buffer.from(printJson(body))),
  };
}
