import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { createAdmin } from "../../../lib/auth/create-admin.ts";
import { login } from "../../../lib/auth/login.ts";
import { register } from "../../../lib/auth/register.ts";
import { profilePlace } from "../../../lib/auth/user-item.ts";
import { success } from "../../../lib/contract/refusal.ts";
import { type Route, route } from "../../../lib/contract/route.ts";
import { endpoint } from "../../../lib/edge/endpoint.ts";
import { startTestPorts, type TestPorts } from "../../support/auth-ports.ts";
import { call } from "../../support/calls.ts";

const PASSWORD = "correct horse battery";
const body = z.strictObject({ name: z.string() });
const shared = { method: "POST", path: "/api/things", summary: "For this test", body, refusals: [] } as const;
const forUsers = route({ ...shared, id: "forUsers", auth: "user", answers: { 200: z.unknown() } });
const forAdmins = route({ ...shared, id: "forAdmins", auth: "admin", answers: { 200: z.unknown() } });

let ports: TestPorts;
let user: { id: string; token: string };
let admin: { id: string; token: string };

beforeAll(async () => {
  ports = await startTestPorts();
  const client = { ip: "192.0.2.1", userAgent: "vitest" };
  await register({ email: "user@example.com", password: PASSWORD, client }, ports);
  await createAdmin({ email: "admin@example.com", password: PASSWORD }, ports);
  const signIn = async (email: string) => {
    const pair = await login({ email, password: PASSWORD, client }, ports);
    if (!pair.ok) throw new Error(pair.refusal.code);
    return { id: pair.value.user.id, token: pair.value.accessToken };
  };
  user = await signIn("user@example.com");
  admin = await signIn("admin@example.com");
});
afterAll(() => ports.stop());

function ask(definition: Route, authorization: string | undefined, given: unknown = { name: "x" }) {
  const handler = endpoint(
    definition,
    async (input) => success({ status: 200, body: [input.user, input.sessionId] }) as never,
    ports,
  );
  return call(handler, { body: given, headers: authorization === undefined ? {} : { authorization } });
}

describe("authentication", () => {
  it("a good token > the handler knows who calls", async () => {
    const answer = await ask(forUsers, `Bearer ${user.token}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject([
      { id: user.id, role: "user" },
      expect.stringMatching(/^[0-9A-Z]{26}$/),
    ]);
    expect((await ask(forUsers, `bearer  ${user.token} `)).status).toBe(200);
  });

  it.each([undefined, "", "Bearer", "Bearer x", "Basic YTpi", "Bearer a b", "Bearer \u00e9"])(
    "%j > 401",
    async (authorization) => {
      expect(await ask(forUsers, authorization)).toMatchObject({
        status: 401,
        body: { code: "UNAUTHORIZED" },
      });
    },
  );

  it("a token that was changed > 401", async () => {
    const [header, , signature] = user.token.split(".");
    const forged = Buffer.from(
      JSON.stringify({ iss: "cex-pilot", aud: "access", sub: admin.id, sid: "x", iat: 0, exp: 9e9 }),
    ).toString("base64url");
    expect((await ask(forUsers, `Bearer ${header}.${forged}.${signature}`)).status).toBe(401);
  });

  it("a token that is not signed at all > 401", async () => {
    const [, payload] = user.token.split(".");
    const header = Buffer.from('{"alg":"none"}').toString("base64url");
    expect((await ask(forUsers, `Bearer ${header}.${payload}.`)).status).toBe(401);
  });

  it("strangers learn nothing of a body's shape", async () => {
    expect((await ask(forUsers, undefined, { wrong: 1 })).status).toBe(401);
    expect((await ask(forAdmins, `Bearer ${user.token}`, { wrong: 1 })).status).toBe(403);
    expect((await ask(forUsers, `Bearer ${user.token}`, { wrong: 1 })).status).toBe(400);
  });

  it("an administrator's call > for administrators only", async () => {
    const refused = await ask(forAdmins, `Bearer ${user.token}`);
    expect(refused).toMatchObject({
      status: 403,
      body: { error: "Admin access required", code: "FORBIDDEN" },
    });
    expect((await ask(forAdmins, `Bearer ${admin.token}`)).status).toBe(200);
  });

  it("a frozen account > 403 at once", async () => {
    await ports.store.write({ kind: "update", ...profilePlace(user.id), set: { status: "frozen" } });
    expect(await ask(forUsers, `Bearer ${user.token}`)).toMatchObject({
      status: 403,
      body: { code: "ACCOUNT_FROZEN" },
    });
  });
});
