import { createRequire } from "node:module";
import { type Lifecycle, server as newServer, type ResponseToolkit, type Server } from "@hapi/hapi";
import { afterEach, describe, expect, it, vi } from "vitest";

const require = createRequire(import.meta.url);
const { guard } = require("../../../../scripts/local/gateway.cjs");
const { THROTTLING } = require("../../../../resources/limits.cjs");

const LOGIN = "POST /api/auth/login";
const BURST: number = THROTTLING.routes[LOGIN].burst;
const FUNCTIONS = {
  authLogin: { reservedConcurrency: 2, events: [{ httpApi: LOGIN }] },
  marketList: { events: [{ httpApi: { method: "GET", path: "/api/markets" } }] },
};

/** As the emulator builds it, around a function's answer. */
function serving(handler: Lifecycle.Method): Server {
  const server = newServer();
  guard(server, FUNCTIONS);
  for (const route of [LOGIN, "GET /api/markets", "POST /invoked"]) {
    const [method = "", path = ""] = route.split(" ");
    server.route({ method: method as "GET", path, handler });
  }
  return server;
}

const answered = (toolkit: ResponseToolkit) => toolkit.response("{}").header("x-request-id", "1");
const done: Lifecycle.Method = (_, toolkit) => answered(toolkit);
const login = (server: Server, headers = {}) =>
  server.inject({ method: "POST", url: "/api/auth/login", headers });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the local API > calls beyond a function's reserved concurrency", () => {
  it("are refused until others are answered", async () => {
    const open: (() => void)[] = [];
    const server = serving(async (_, toolkit) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return answered(toolkit);
    });
    const running = [login(server), login(server)];
    await vi.waitFor(() => expect(open).toHaveLength(2));
    const refused = await login(server);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(JSON.parse(refused.payload)).toMatchObject({ code: "UNAVAILABLE", requestId: expect.any(String) });
    for (const finish of open) finish();
    expect((await Promise.all(running)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const next = login(server);
    await vi.waitFor(() => expect(open).toHaveLength(3));
    open.at(-1)?.();
    expect((await next).statusCode).toBe(200);
  });
});

describe("the local API > calls beyond a route's rate", () => {
  const status = async (server: Server, times: number): Promise<readonly number[]> => {
    const answers: number[] = [];
    for (let time = 0; time < times; time++) answers.push((await login(server)).statusCode);
    return answers;
  };

  it("are refused once as many came at once as may, while other routes go on", async () => {
    const server = serving(done);
    expect(new Set(await status(server, BURST))).toEqual(new Set([200]));
    expect(await status(server, BURST)).toContain(429);
    const other = await server.inject({ method: "GET", url: "/api/markets" });
    expect(other.statusCode).toBe(200);
  });

  it("pass where limits are off", async () => {
    vi.stubEnv("RATE_LIMITS", "off");
    expect(new Set(await status(serving(done), 2 * BURST))).toEqual(new Set([200]));
  });
});

describe("the local API > a share of the limits", () => {
  it("holds for rates and for what runs at once", async () => {
    vi.stubEnv("RATE_LIMITS", "0.5");
    const open: (() => void)[] = [];
    const server = serving(async (_, toolkit) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return answered(toolkit);
    });
    const running = login(server);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    for (let time = 1; time < BURST / 2; time++) expect((await login(server)).statusCode).toBe(503);
    for (let time = 0; time < BURST / 4; time++) await login(server);
    expect((await login(server)).statusCode).toBe(429);
    open[0]?.();
    expect((await running).statusCode).toBe(200);
  });
});

describe("the local API > a function that fails", () => {
  const failed = (errorType: string) => serving(() => JSON.stringify({ errorMessage: "x", errorType }));

  it("by running out of time > 503, to be tried again", async () => {
    const answer = await login(failed("LambdaTimeoutError"));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
  });

  it("otherwise > 500, and nothing of why", async () => {
    const answer = await login(failed("TypeError"));
    expect(answer.statusCode).toBe(500);
    expect(Object.keys(JSON.parse(answer.payload)).sort()).toEqual(["code", "error", "requestId"]);
  });

  it("that others invoke > is answered as it is", async () => {
    const answer = await failed("TypeError").inject({ method: "POST", url: "/invoked" });
    expect(answer.statusCode).toBe(200);
  });

  it("is asked by a page of elsewhere > no answer of the emulator's own", async () => {
    const answer = await login(serving(done), { origin: "https://elsewhere.example.com" });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});
