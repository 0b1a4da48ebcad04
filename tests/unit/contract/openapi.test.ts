import { describe, expect, it } from "vitest";
import { openApi } from "../../../lib/contract/openapi.ts";
import { refusalsOf } from "../../../lib/contract/route.ts";
import { ROUTES } from "../../../lib/contract/routes.ts";
import { ANSWERS } from "../../../lib/edge/answers.ts";

type Schema = {
  type?: string;
  required?: string[];
  properties: { [name: string]: object };
  additionalProperties?: boolean;
};
type Operation = {
  operationId: string;
  security: object[];
  parameters: { name?: string; in?: string; required?: boolean; schema?: object; $ref?: string }[];
  requestBody?: object;
  responses: { [status: string]: { description: string; headers: object; content?: object } };
};
type Description = {
  openapi: string;
  paths: { [path: string]: { [method: string]: Operation } };
  components: { [kind: string]: { [name: string]: Schema } };
};

const routes = Object.values(ROUTES).flat();
const text = JSON.stringify(openApi(ROUTES, ANSWERS));
const description = JSON.parse(text) as Description;

function operation(id: string): Operation {
  const found = Object.values(description.paths)
    .flatMap((path) => Object.values(path))
    .find(({ operationId }) => operationId === id);
  if (found === undefined) throw new Error(`no operation ${id}`);
  return found;
}

const schema = (name: string): Schema => {
  const found = description.components.schemas?.[name];
  if (found === undefined) throw new Error(`no schema ${name}`);
  return found;
};

describe("the description", () => {
  it("has every call of the public contract", () => {
    const calls = routes.map(({ method, path }) => `${method} ${path}`).sort();
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls).toEqual(
      [
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/refresh",
        "POST /api/auth/logout",
        "GET /api/auth/me",
        "GET /api/auth/sessions",
        "DELETE /api/auth/sessions/{id}",
        "GET /api/markets",
        "GET /api/markets/{market}",
        "GET /api/markets/{market}/orderbook",
        "GET /api/markets/{market}/trades",
        "POST /api/orders",
        "GET /api/orders",
        "GET /api/orders/{id}",
        "DELETE /api/orders/{id}",
        "DELETE /api/orders",
        "GET /api/trades",
        "GET /api/wallet/balances",
        "POST /api/admin/deposits",
        "POST /api/wallet/withdrawals",
        "GET /api/wallet/withdrawals",
        "GET /api/wallet/withdrawals/{id}",
        "DELETE /api/wallet/withdrawals/{id}",
        "GET /api/wallet/deposits",
        "GET /api/admin/withdrawals",
        "POST /api/admin/withdrawals/{id}/approve",
        "POST /api/admin/withdrawals/{id}/reject",
        "GET /api/admin/dashboard",
        "GET /api/admin/users",
        "GET /api/admin/users/{id}",
        "PUT /api/admin/users/{id}",
        "PUT /api/admin/markets/{market}",
        "POST /api/admin/orders/{userId}/{id}/resolve",
        "POST /api/admin/reconciliation",
        "GET /api/admin/reconciliation",
        "GET /api/admin/audit",
        "GET /api/openapi.json",
      ].sort(),
    );
    expect(Object.values(description.paths).flatMap((path) => Object.keys(path))).toHaveLength(calls.length);
  });

  it("refers to nothing that it does not have", () => {
    for (const [, kind = "", name = ""] of text.matchAll(/"#\/components\/(\w+)\/([\w.]+)"/g)) {
      expect(description.components[kind], `${kind}/${name}`).toHaveProperty(name);
    }
    expect(text).not.toContain("$defs");
  });

  it("names every path parameter of every path, as required", () => {
    for (const { id, path } of routes) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = operation(id).parameters.filter((parameter) => parameter.in === "path");
      expect(described.map(({ name }) => name)).toEqual(names);
      expect(described.every(({ required }) => required)).toBe(true);
    }
  });

  it("names every refusal of every call under its status", () => {
    for (const route of routes) {
      for (const code of refusalsOf(route)) {
        expect(operation(route.id).responses[ANSWERS[code].status]?.description).toContain(`\`${code}\``);
      }
    }
  });

  it("documents every code of the closed set somewhere", () => {
    const documented = new Set(routes.flatMap(refusalsOf));
    expect([...documented].sort()).toEqual(Object.keys(ANSWERS).sort());
  });

  it("every mutating call of a signed-in user takes an idempotency key, and no other", () => {
    for (const route of routes) {
      expect(route.idempotency !== undefined, route.id).toBe(route.auth !== "none" && route.method !== "GET");
      const headers = operation(route.id).parameters.map(({ $ref }) => $ref);
      expect(headers.includes("#/components/parameters/IdempotencyKey")).toBe(
        route.idempotency !== undefined,
      );
    }
  });

  it("says who may call", () => {
    expect(operation("listMarkets").security).toEqual([]);
    expect(operation("placeOrder").security).toEqual([{ bearer: [] }]);
  });

  it("requests are closed and answers may grow", () => {
    expect(schema("NewOrder").additionalProperties).toBe(false);
    expect(schema("NewOrder").required).toEqual(["market", "side", "type"]);
    expect(schema("Order")).not.toHaveProperty("additionalProperties");
    expect(schema("Order").properties.price).toMatchObject({ anyOf: [{ type: "string" }, { type: "null" }] });
  });

  it("query parameters have the types that they stand for", () => {
    const limit = operation("listOrders").parameters.find(({ name }) => name === "limit");
    expect(limit).toMatchObject({
      in: "query",
      required: false,
      schema: { type: "integer", minimum: 1, maximum: 500, default: 50 },
    });
  });

  it("a call without an answer's body has none", () => {
    expect(operation("logout").responses["204"]).not.toHaveProperty("content");
  });
});
