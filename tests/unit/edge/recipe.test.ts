import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { success } from "../../../lib/contract/refusal.ts";
import { route } from "../../../lib/contract/route.ts";
import { email, id, limit, positiveDecimal } from "../../../lib/contract/shapes.ts";
import { endpoint, type Input } from "../../../lib/edge/endpoint.ts";
import { NO_STORE, type TestPorts, testPortsOn } from "../../support/auth-ports.ts";
import { type Answered, call, type Request } from "../../support/calls.ts";

const ID = "01KATB9Z8Q4W0J5V6R7N2M3X1C";

const echo = route({
  id: "echo",
  method: "POST",
  path: "/api/things/{id}",
  auth: "none",
  summary: "For this test",
  params: z.strictObject({ id }),
  query: z.strictObject({ limit }),
  body: z.strictObject({
    email,
    amount: positiveDecimal,
    kind: z.enum(["a", "b"]),
    note: z.exactOptional(z.string()),
    inner: z.exactOptional(z.strictObject({ deep: z.int() })),
  }),
  answers: { 200: z.unknown() },
  refusals: [],
  notFound: "Thing not found",
});

const GOOD = { email: " Alice@Example.com ", amount: "1.50", kind: "a" };

let ports: TestPorts;
let seen: Input<typeof echo> | undefined;
beforeAll(async () => {
  ports = await testPortsOn(NO_STORE);
});
beforeEach(() => {
  seen = undefined;
});

function post(request: Request): Promise<Answered> {
  const handler = endpoint(
    echo,
    async (input) => {
      seen = input;
      return success({ status: 200, body: "done" });
    },
    ports,
  );
  return call(handler, { params: { id: ID }, ...request });
}

describe("a good request", () => {
  it("reaches the handler parsed and normalised", async () => {
    const answer = await post({ body: GOOD, query: { limit: "7" }, headers: { prefer: "wait=2" } });
    expect(answer.status).toBe(200);
    expect(seen).toMatchObject({
      body: { email: "alice@example.com", amount: "1.50", kind: "a" },
      query: { limit: 7 },
      params: { id: ID },
      waitMs: 2000,
      client: { ip: "192.0.2.1", userAgent: "vitest" },
    });
    expect(seen?.operationId).toMatch(/^[0-9A-Z]{26}$/);
  });

  it("fills what is not given with its default", async () => {
    await post({ body: GOOD });
    expect(seen).toMatchObject({ query: { limit: 50 }, waitMs: 0 });
  });

  it("may come in base 64, and say its charset", async () => {
    const body = Buffer.from(JSON.stringify(GOOD)).toString("base64");
    expect(
      (await post({ body, base64: true, headers: { "content-type": 'Application/JSON; charset="UTF-8"' } }))
        .status,
    ).toBe(200);
  });

  it("is answered with headers that keep it out of caches and frames", async () => {
    const { headers } = await post({ body: GOOD });
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-type": "application/json; charset=utf-8",
    });
  });

  it("may be kept by caches for as long as its route says, and a refusal never", async () => {
    const kept = route({ ...echo, maxAgeSeconds: 1 });
    const handler = endpoint(kept, async () => success({ status: 200, body: "done" }), ports);
    const good = await call(handler, { params: { id: ID }, body: GOOD });
    expect(good.headers["cache-control"]).toBe("public, max-age=1");
    const refused = await call(handler, { params: { id: ID }, body: {} });
    expect(refused.status).toBe(400);
    expect(refused.headers["cache-control"]).toBe("no-store");
  });

  it("is one line in the log", async () => {
    ports.lines.length = 0;
    await post({ body: GOOD });
    expect(ports.lines).toEqual([
      { event: "request", route: "echo", status: 200, ms: 0, userId: undefined, code: undefined },
    ]);
  });
});

describe("a request that takes longer than its function has", () => {
  it("is answered 503 early, and the handler is told that nobody waits any more", async () => {
    const handler = endpoint(
      echo,
      async (input) => {
        seen = input;
        return await new Promise(() => {});
      },
      ports,
    );
    const answer = await call(handler, { params: { id: ID }, body: GOOD, remainingMs: 120 });
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(seen?.over.aborted).toBe(true);
  });
});

describe("ids of a request", () => {
  it("a sensible correlation id is taken over", async () => {
    const { headers } = await post({ body: GOOD, headers: { "x-correlation-id": "order-7" } });
    expect(headers).toMatchObject({ "x-request-id": "lambda-1", "x-correlation-id": "order-7" });
    expect(seen?.correlationId).toBe("order-7");
  });

  it.each([
    ["", "empty"],
    ["x".repeat(65), "too long"],
    ["line\nbreak", "not printable"],
  ])("another is not: %j, %s", async (given) => {
    const { headers } = await post({ body: GOOD, headers: { "x-correlation-id": given } });
    expect(headers["x-correlation-id"]).toBe("lambda-1");
  });

  it("stand on refusals too", async () => {
    expect((await post({ body: "{" })).headers["x-request-id"]).toBe("lambda-1");
  });
});

describe("bodies that are refused", () => {
  const at = (path: string) => ({ details: [expect.objectContaining({ path })] });
  const cases: [story: string, request: Request, status: number, body: object][] = [
    ["none", {}, 400, at("")],
    ["empty", { body: "" }, 400, at("")],
    ["not JSON", { body: "{" }, 400, at("")],
    ["JSON null", { body: "null" }, 400, at("")],
    ["an array", { body: [] }, 400, at("")],
    ["a text", { body: '"x"' }, 400, at("")],
    ["the number 0", { body: "0" }, 400, at("")],
    ["the number 0, handed on as a number", { bareBody: 0 }, 400, at("")],
    ["false, handed on as a boolean", { bareBody: false }, 400, at("")],
    ["true, handed on as a boolean", { bareBody: true }, 400, at("")],
    [
      "invalid UTF-8",
      { body: Buffer.from([0x7b, 0xff, 0x7d]).toString("base64"), base64: true },
      400,
      at(""),
    ],
    [
      "too large",
      { body: JSON.stringify({ ...GOOD, note: "x".repeat(65_536) }) },
      413,
      { code: "PAYLOAD_TOO_LARGE" },
    ],
    [
      "another type",
      { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      {},
    ],
    [
      "another charset",
      { body: GOOD, headers: { "content-type": "application/json; charset=utf-16" } },
      415,
      {},
    ],
    ["a missing field", { body: { amount: "1", kind: "a" } }, 400, at("email")],
    ["an unknown field", { body: { ...GOOD, extra: 1 } }, 400, at("extra")],
    ["an unknown field inside", { body: { ...GOOD, inner: { deep: 1, extra: 1 } } }, 400, at("inner.extra")],
    ["a number for a decimal", { body: { ...GOOD, amount: 1.5 } }, 400, at("amount")],
    ["null for an optional field", { body: { ...GOOD, note: null } }, 400, at("note")],
    ["not one of the choices", { body: { ...GOOD, kind: "c" } }, 400, at("kind")],
    ["a prototype", { body: '{"__proto__":{"admin":true}}' }, 400, {}],
    [
      "a constructor",
      { body: { ...GOOD, constructor: { prototype: { admin: true } } } },
      400,
      at("constructor"),
    ],
    ["deep nesting", { body: `${"[".repeat(30_000)}${"]".repeat(30_000)}` }, 400, at("")],
    ["deep nesting in a field", { body: `{"email":${"[".repeat(30_000)}${"]".repeat(30_000)}}` }, 400, {}],
  ];

  it.each(cases)("%s", async (_story, request, status, body) => {
    const answer = await post(request);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(body);
    expect(answer.body).toHaveProperty("requestId");
    expect(seen).toBeUndefined();
    expect({}).not.toHaveProperty("admin");
  });

  it.each([
    "",
    " ",
    "1,5",
    "1e3",
    "-1",
    "+1",
    "01",
    ".5",
    "5.",
    "0",
    "0.000",
    "١",
    "NaN",
    "9".repeat(61),
    "0x1f",
  ])("the decimal %j", async (amount) => {
    const answer = await post({ body: { ...GOOD, amount } });
    expect(answer.status).toBe(400);
    expect(answer.body.details?.[0]?.path).toBe("amount");
  });

  it.each([
    "alice",
    "@example.com",
    "alice@",
    "a b@example.com",
    "alice@example",
    `${"a".repeat(250)}@example.com`,
    "a@b@example.com",
  ])("the address %j", async (address) => {
    expect((await post({ body: { ...GOOD, email: address } })).body.details?.[0]?.path).toBe("email");
  });

  it("at most 20 details, with short paths", async () => {
    const extra = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${"x".repeat(500)}${i}`, 1]));
    const { details = [] } = (await post({ body: { ...GOOD, ...extra } })).body;
    expect(details).toHaveLength(20);
    expect(details.every(({ path }) => path.length <= 100)).toBe(true);
  });

  it("messages read as sentences after the field's name", async () => {
    const { details } = (await post({ body: { amount: 1, kind: "c" } })).body;
    expect(details).toEqual([
      { path: "email", message: "is required" },
      { path: "amount", message: "must be of type string" },
      { path: "kind", message: "must be one of: a, b" },
    ]);
  });
});

describe("paths and queries that are refused", () => {
  it.each(["x", "..", ID.toLowerCase(), `${ID}0`, "8".repeat(26)])(
    "the id %j > as if nothing were there",
    async (given) => {
      const answer = await post({ body: GOOD, params: { id: given } });
      expect(answer.body).toMatchObject({ error: "Thing not found", code: "NOT_FOUND" });
      expect(answer.status).toBe(404);
    },
  );

  it.each(["", "0", "501", "1.5", "1,2", "ten", "-1", "1e2", " 5"])("the limit %j", async (given) => {
    const answer = await post({ body: GOOD, query: { limit: given } });
    expect(answer.body.details?.[0]?.path).toBe("limit");
  });

  it("an unknown parameter, which may be a filter that is misspelt", async () => {
    expect((await post({ body: GOOD, query: { limt: "1" } })).body.details?.[0]?.path).toBe("limt");
  });
});

describe("answers", () => {
  it("an amount that was not printed by lib/money > 500 rather than a wrong number", async () => {
    const handler = endpoint(echo, async () => success({ status: 200, body: { amount: 1n } }), ports);
    expect((await call(handler, { params: { id: ID }, body: GOOD })).status).toBe(500);
  });

  it("without a body > empty, and no content type", async () => {
    const silent = route({
      id: "silent",
      method: "DELETE",
      path: "/api/things",
      auth: "none",
      summary: "",
      answers: { 204: null },
      refusals: [],
    });
    const answer = await call(
      endpoint(silent, async () => success({ status: 204, body: undefined }), ports),
      { method: "DELETE" },
    );
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty("content-type");
  });
});
