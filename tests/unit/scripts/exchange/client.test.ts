import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ExchangeClient } from "../../../../scripts/exchange/client.ts";
import { ExchangeError } from "../../../../scripts/exchange/error.ts";
import type { Attempt } from "../../../../scripts/exchange/http.ts";

type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | "hang up" | "stay silent";
type Seen = { readonly route: string; readonly headers: IncomingMessage["headers"]; readonly body: string };

const ORDER = { market: "BTC-USDT", side: "buy", type: "limit", price: "1", quantity: "10" } as const;
const servers: Server[] = [];

/** A server that answers each route with the given replies in turn, the last of them again and again. */
async function serve(script: Record<string, readonly Reply[]>) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const route = `${request.method} ${request.url}`;
    const replies = script[route] ?? [{ status: 404, body: { error: "no such route", code: "NOT_FOUND" } }];
    const reply = replies[Math.min(seen.filter((one) => one.route === route).length, replies.length - 1)];
    seen.push({ route, headers: request.headers, body });
    if (reply === "stay silent") return;
    if (reply === "hang up" || reply === undefined) request.socket.destroy();
    else response.writeHead(reply.status, reply.headers).end(JSON.stringify(reply.body ?? {}));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}`, seen, routes: () => seen.map(({ route }) => route) };
}

function tokens(accessToken: string, expiresIn: number): Reply {
  return {
    status: 200,
    body: { accessToken, refreshToken: `refresh-${accessToken}`, tokenType: "Bearer", expiresIn },
  };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("call the exchange", () => {
  test("a refusal > an error with method, path, status, code and request id", async () => {
    const body = {
      error: "Validation failed",
      code: "VALIDATION_ERROR",
      requestId: "r-1",
      details: [{ path: "price" }],
    };
    const { baseUrl } = await serve({ "GET /api/markets": [{ status: 400, body }] });
    const error = await new ExchangeClient({ baseUrl }).markets().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ExchangeError);
    expect(error).toMatchObject({
      method: "GET",
      path: "/api/markets",
      status: 400,
      code: "VALIDATION_ERROR",
      requestId: "r-1",
    });
    expect(String(error)).toContain(
      'GET /api/markets: 400 VALIDATION_ERROR: Validation failed [{"path":"price"}] (request r-1)',
    );
  });

  test("an order with a key > is repeated after a lost answer and after 503, with the same key", async () => {
    const { baseUrl, seen } = await serve({
      "POST /api/auth/login": [tokens("a", 900)],
      "POST /api/orders": [
        "hang up",
        { status: 503, body: { code: "UNAVAILABLE" } },
        { status: 201, body: { id: "1" } },
      ],
    });
    const attempts: Attempt[] = [];
    const onAttempt = (attempt: Attempt) => attempts.push(attempt);
    const client = new ExchangeClient({ baseUrl, retryForMs: 5_000, onAttempt });
    await client.login("a@example.com", "password");
    expect(await client.placeOrder(ORDER, { idempotencyKey: "k", waitSeconds: 2 })).toEqual({ id: "1" });
    const placing = seen.filter(({ route }) => route === "POST /api/orders");
    expect(placing.map(({ headers }) => [headers["idempotency-key"], headers.prefer])).toEqual(
      Array(3).fill(["k", "wait=2"]),
    );
    expect(attempts.map(({ status, code }) => `${status} ${code}`).slice(1)).toEqual([
      "0 NO_ANSWER",
      "503 UNAVAILABLE",
      "201 OK",
    ]);
  });

  test("an order without a key > is never sent twice", async () => {
    const { baseUrl, routes } = await serve({
      "POST /api/auth/login": [tokens("a", 900)],
      "POST /api/orders": ["hang up", { status: 201, body: { id: "1" } }],
    });
    const client = new ExchangeClient({ baseUrl, retryForMs: 5_000 });
    await client.login("a@example.com", "password");
    await expect(client.placeOrder(ORDER)).rejects.toMatchObject({ status: 0, code: "NO_ANSWER" });
    expect(routes()).toEqual(["POST /api/auth/login", "POST /api/orders"]);
  });

  test("Retry-After beyond the patience > the refusal is passed on at once", async () => {
    const headers = { "retry-after": "60" };
    const { baseUrl, routes } = await serve({
      "GET /api/markets": [{ status: 503, body: { code: "UNAVAILABLE" }, headers }],
    });
    const client = new ExchangeClient({ baseUrl, retryForMs: 5_000 });
    await expect(client.markets()).rejects.toMatchObject({ status: 503, code: "UNAVAILABLE" });
    expect(routes()).toHaveLength(1);
  });

  test("Retry-After > is waited for", async () => {
    const headers = { "retry-after": "1" };
    const { baseUrl } = await serve({
      "GET /api/markets": [
        { status: 429, body: {}, headers },
        { status: 200, body: { items: [] } },
      ],
    });
    const startedAt = performance.now();
    await new ExchangeClient({ baseUrl, retryForMs: 5_000 }).markets();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test("no answer in time > an error that says so", async () => {
    const { baseUrl } = await serve({ "GET /api/markets": ["stay silent"] });
    await expect(new ExchangeClient({ baseUrl, timeoutMs: 50 }).markets()).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });
});

describe("keep the session alive", () => {
  test("a token about to expire > is renewed once for all calls under way", async () => {
    const { baseUrl, seen, routes } = await serve({
      "POST /api/auth/login": [tokens("old", 0)],
      "POST /api/auth/refresh": [tokens("new", 900)],
      "GET /api/wallet/balances": [{ status: 200, body: { items: [] } }],
    });
    const client = new ExchangeClient({ baseUrl });
    await client.login("a@example.com", "password");
    await Promise.all([client.balances(), client.balances()]);
    expect(routes().filter((route) => route === "POST /api/auth/refresh")).toHaveLength(1);
    expect(seen.at(-1)?.headers.authorization).toBe("Bearer new");
  });

  test("the session is gone > logs in again and repeats the call", async () => {
    const refused: Reply = { status: 401, body: { error: "no", code: "UNAUTHORIZED" } };
    const { baseUrl, routes } = await serve({
      "POST /api/auth/login": [tokens("first", 900), tokens("second", 900)],
      "POST /api/auth/refresh": [refused],
      "GET /api/auth/me": [refused, { status: 200, body: { id: "1" } }],
    });
    const client = new ExchangeClient({ baseUrl });
    await client.login("a@example.com", "password");
    expect(await client.me()).toEqual({ id: "1" });
    const refresh = "POST /api/auth/refresh";
    expect(routes().slice(1)).toEqual([
      "GET /api/auth/me",
      refresh,
      "POST /api/auth/login",
      "GET /api/auth/me",
    ]);
  });

  test("an address that is taken > signing up logs in", async () => {
    const { baseUrl } = await serve({
      "POST /api/auth/register": ["hang up", { status: 409, body: { error: "taken", code: "EMAIL_TAKEN" } }],
      "POST /api/auth/login": [tokens("a", 900)],
      "GET /api/auth/me": [{ status: 200, body: { id: "7" } }],
    });
    const client = new ExchangeClient({ baseUrl, retryForMs: 5_000 });
    expect(await client.signUp("a@example.com", "password")).toEqual({ id: "7" });
  });
});
