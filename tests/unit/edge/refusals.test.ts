import { beforeAll, describe, expect, it } from "vitest";
import { type Code, refuse } from "../../../lib/contract/refusal.ts";
import { route } from "../../../lib/contract/route.ts";
import { ANSWERS } from "../../../lib/edge/answers.ts";
import { endpoint } from "../../../lib/edge/endpoint.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { StoreUnavailable } from "../../../lib/store/store.ts";
import { NO_STORE, type TestPorts, testPortsOn } from "../../support/auth-ports.ts";
import { call } from "../../support/calls.ts";

/** The public contract: a status that changes here breaks clients. */
const STATUSES: { readonly [code in Code]: number } = {
  VALIDATION_ERROR: 400,
  INSUFFICIENT_FUNDS: 400,
  PRICE_NOT_ON_TICK: 400,
  QUANTITY_NOT_ON_LOT: 400,
  NOTIONAL_TOO_SMALL: 400,
  UNAUTHORIZED: 401,
  INVALID_CREDENTIALS: 401,
  TOKEN_REUSED: 401,
  FORBIDDEN: 403,
  ACCOUNT_FROZEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_MARKET: 404,
  MARKET_HALTED: 409,
  DUPLICATE_CLIENT_ORDER_ID: 409,
  IDEMPOTENCY_MISMATCH: 409,
  EMAIL_TAKEN: 409,
  ORDER_CLOSED: 409,
  DUPLICATE_REFERENCE: 409,
  ALREADY_DECIDED: 409,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

const plain = route({
  id: "plain",
  method: "GET",
  path: "/api/things",
  auth: "none",
  summary: "For this test",
  answers: { 200: null },
  refusals: [],
});

let ports: TestPorts;
beforeAll(async () => {
  ports = await testPortsOn(NO_STORE);
});

const throwing = (error: unknown) =>
  endpoint(
    plain,
    async () => {
      throw error;
    },
    ports,
  );

describe("refusals", () => {
  it.each(Object.entries(STATUSES) as [Code, number][])(
    "%s is answered with %i in the public shape",
    async (code, status) => {
      const answer = await call(endpoint(plain, async () => refuse(code), ports));
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ error: ANSWERS[code].text, code, requestId: "lambda-1" });
    },
  );

  it("a refusal's own message and details go before the code's text", async () => {
    const details = [{ path: "price", message: "must be smaller" }];
    const answer = await call(endpoint(plain, async () => refuse("CONFLICT", "Not now", details), ports));
    expect(answer.body).toEqual({ error: "Not now", code: "CONFLICT", requestId: "lambda-1", details });
  });

  it("an unknown error > 500 that says nothing of its cause, which the log holds", async () => {
    const answer = await call(throwing(new Error("the secret is 42")));
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: "Internal server error", code: "INTERNAL", requestId: "lambda-1" });
    expect(ports.lines).toContainEqual(
      expect.objectContaining({ event: "internal_error", cause: "Error: the secret is 42" }),
    );
  });

  it("something thrown that is no error > 500 as well", async () => {
    expect((await call(throwing("text"))).status).toBe(500);
  });

  it.each([
    new StoreUnavailable("x"),
    new QueueUnavailable("x"),
    Object.assign(new Error("x"), { name: "TimeoutError" }),
  ])("%s > 503 with Retry-After", async (error) => {
    const answer = await call(throwing(error));
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.body.code).toBe("UNAVAILABLE");
  });

  it("401 says how to authenticate", async () => {
    const answer = await call(endpoint(plain, async () => refuse("UNAUTHORIZED"), ports));
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  });
});
