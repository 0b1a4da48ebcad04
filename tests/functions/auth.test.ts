import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAdmin } from "../../lib/auth/create-admin.ts";
import type { LambdaHandler } from "../../lib/edge/endpoint.ts";
import { type Dynoxide, startTables } from "../../scripts/local/engines.ts";
import { type Answered, call, type Request } from "../support/calls.ts";
import { setFunctionEnvironment } from "../support/function-environment.ts";

const PASSWORD = "correct horse battery";
const ADMIN = { email: "admin@example.com", password: "administrator's password" };

const LOADERS: { readonly [name: string]: () => Promise<{ readonly handler: LambdaHandler }> } = {
  "auth/register": () => import("../../functions/auth/register.ts"),
  "auth/login": () => import("../../functions/auth/login.ts"),
  "auth/refresh": () => import("../../functions/auth/refresh.ts"),
  "auth/logout": () => import("../../functions/auth/logout.ts"),
  "auth/me": () => import("../../functions/auth/me.ts"),
  "auth/list-sessions": () => import("../../functions/auth/list-sessions.ts"),
  "auth/end-session": () => import("../../functions/auth/end-session.ts"),
  "audit/list": () => import("../../functions/audit/list.ts"),
  "docs/openapi": () => import("../../functions/docs/openapi.ts"),
  "docs/not-found": () => import("../../functions/docs/not-found.ts"),
  "admin/list-users": () => import("../../functions/admin/list-users.ts"),
  "admin/get-user": () => import("../../functions/admin/get-user.ts"),
  "admin/update-user": () => import("../../functions/admin/update-user.ts"),
};

let dynoxide: Dynoxide;
const functions: { [name: string]: LambdaHandler } = {};

/** The functions as they are deployed: real ports, bound from the environment when they are loaded. */
beforeAll(async () => {
  dynoxide = await startTables("test");
  setFunctionEnvironment(dynoxide);
  for (const [name, load] of Object.entries(LOADERS)) functions[name] = (await load()).handler;
  const { authPorts } = await import("../../lib/adapters/auth-ports.ts");
  const { ports } = await import("../../lib/adapters/ports.ts");
  await createAdmin(ADMIN, { ...ports, ...authPorts });
});
afterAll(() => dynoxide.stop());

function ask(
  name: string,
  { token, ...request }: Request & { readonly token?: string } = {},
): Promise<Answered> {
  const handler = functions[name];
  if (handler === undefined) throw new Error(`no function ${name}`);
  const headers = {
    ...request.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return call(handler, { path: `/api/${name}`, ...request, headers });
}

type Pair = { accessToken: string; refreshToken: string; user: { id: string } };
const signIn = async (credentials: { email: string; password: string }): Promise<Pair> => {
  const answer = await ask("auth/login", { body: credentials });
  expect(answer.status).toBe(200);
  return answer.body as unknown as Pair;
};

describe("from opening an account to signing out", () => {
  const credentials = { email: "Alice@Example.com", password: PASSWORD };
  let pair: Pair;

  it("registers, and says 201 with the account alone", async () => {
    const { status, body } = await ask("auth/register", { body: credentials });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      email: "alice@example.com",
      role: "user",
      status: "active",
      createdAt: expect.any(String),
    });
    expect((await ask("auth/register", { body: credentials })).body.code).toBe("EMAIL_TAKEN");
  });

  it("signs in", async () => {
    const { status, body } = await ask("auth/login", { body: credentials });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tokenType: "Bearer", expiresIn: 900, user: { email: "alice@example.com" } });
    pair = body as unknown as Pair;
    expect((await ask("auth/login", { body: { ...credentials, password: "wrong" } })).body.code).toBe(
      "INVALID_CREDENTIALS",
    );
  });

  it("shows who is signed in, and where", async () => {
    const { accessToken: token } = pair;
    expect((await ask("auth/me", { method: "GET", token })).body).toMatchObject({
      email: "alice@example.com",
    });
    await signIn({ email: "alice@example.com", password: PASSWORD });
    const { body } = await ask("auth/list-sessions", { method: "GET", token });
    expect(body).toMatchObject({
      items: [{ current: false }, { current: true, device: "vitest", ip: "192.0.2.1" }],
      nextCursor: null,
    });
  });

  it("refreshes", async () => {
    const { status, body } = await ask("auth/refresh", { body: { refreshToken: pair.refreshToken } });
    expect(status).toBe(200);
    pair = body as unknown as Pair;
    expect((await ask("auth/refresh", { body: { refreshToken: "x.y.z" } })).status).toBe(401);
  });

  it("ends another of the own sessions", async () => {
    const { accessToken: token } = pair;
    const { body } = await ask("auth/list-sessions", { method: "GET", token });
    const [other] = (body.items as { id: string; current: boolean }[]).filter(({ current }) => !current);
    const end = () => ask("auth/end-session", { method: "DELETE", token, params: { id: other?.id ?? "" } });
    expect((await end()).status).toBe(204);
    expect((await end()).body).toMatchObject({ code: "NOT_FOUND", error: "Session not found" });
  });

  it("signs out, and the token is refused from then on", async () => {
    const { accessToken: token } = pair;
    expect((await ask("auth/logout", { token })).status).toBe(204);
    expect((await ask("auth/me", { method: "GET", token })).status).toBe(401);
    expect((await ask("auth/refresh", { body: { refreshToken: pair.refreshToken } })).status).toBe(401);
  });
});

describe("administration", () => {
  it("is for administrators", async () => {
    const { accessToken: token } = await signIn({ email: "alice@example.com", password: PASSWORD });
    for (const name of ["admin/list-users", "audit/list"]) {
      expect(await ask(name, { method: "GET", token })).toMatchObject({
        status: 403,
        body: { error: "Admin access required" },
      });
    }
  });

  it("lists users, shows one with balances and sessions, changes a role, and finds it all in the audit records", async () => {
    const { accessToken: token, user: admin } = await signIn(ADMIN);
    const listed = await ask("admin/list-users", { method: "GET", token, query: { email: "alice" } });
    const [alice] = listed.body.items as { id: string }[];
    const params = { id: alice?.id ?? "" };
    const shown = await ask("admin/get-user", { method: "GET", token, params });
    expect(shown.body).toMatchObject({ email: "alice@example.com", sessions: [{ device: "vitest" }] });
    expect(shown.body.balances).toContainEqual({ asset: "BTC", available: "0", locked: "0", total: "0" });
    expect(shown.body).not.toHaveProperty("passwordHash");
    const changed = await ask("admin/update-user", { method: "PUT", token, params, body: { role: "admin" } });
    expect(changed).toMatchObject({ status: 200, body: { role: "admin" } });
    const own = await ask("admin/update-user", {
      method: "PUT",
      token,
      params: { id: admin.id },
      body: { status: "frozen" },
    });
    expect(own).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    const records = await ask("audit/list", {
      method: "GET",
      token,
      query: { entity: `user:${params.id}`, limit: "1" },
    });
    expect(records.body).toMatchObject({
      items: [
        { actor: admin.id, action: "user_role_changed", requestId: "lambda-1", details: { role: "admin" } },
      ],
      nextCursor: expect.any(String),
    });
  });

  it("freezing while the queues cannot be reached > is done, since the markets are told until they know", async () => {
    const { accessToken: token } = await signIn(ADMIN);
    const { body } = await ask("auth/register", {
      body: { email: "mallory@example.com", password: PASSWORD },
    });
    const params = { id: String(body.id) };
    const frozen = await ask("admin/update-user", {
      method: "PUT",
      token,
      params,
      body: { status: "frozen" },
    });
    expect(frozen).toMatchObject({ status: 200, body: { status: "frozen" } });
    const login = await ask("auth/login", { body: { email: "mallory@example.com", password: PASSWORD } });
    expect(login).toMatchObject({ status: 403, body: { code: "ACCOUNT_FROZEN" } });
  }, 30_000);
});

describe("documents", () => {
  it("the description of the API", async () => {
    const { status, body } = await ask("docs/openapi", { method: "GET" });
    expect(status).toBe(200);
    expect(body.openapi).toBe("3.1.0");
  });

  it("what no route answers > 404 in the shape of all errors", async () => {
    const { status, body } = await ask("docs/not-found", {
      method: "PATCH",
      path: "/api/nothing",
      body: "{",
    });
    expect(status).toBe(404);
    expect(body).toEqual({ error: "Not found", code: "NOT_FOUND", requestId: "lambda-1" });
  });
});
