import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { login } from "../../../lib/auth/login.ts";
import { register } from "../../../lib/auth/register.ts";
import { type Result, refuse, success } from "../../../lib/contract/refusal.ts";
import { route } from "../../../lib/contract/route.ts";
import { endpoint, type Input } from "../../../lib/edge/endpoint.ts";
import { type Item, StoreUnavailable } from "../../../lib/store/store.ts";
import { startTestPorts, type TestPorts } from "../../support/auth-ports.ts";
import { type Answered, call, type Request } from "../../support/calls.ts";

const PASSWORD = "correct horse battery";
const shared = {
  method: "POST",
  path: "/api/things",
  auth: "user",
  summary: "For this test",
  body: z.strictObject({ n: z.int(), m: z.exactOptional(z.int()) }),
  answers: { 201: z.strictObject({ id: z.string(), calls: z.int() }), 204: null },
  refusals: [],
} as const;
const recorded = route({ ...shared, id: "recorded", idempotency: "record" });
const transacted = route({ ...shared, id: "transacted", idempotency: "transaction" });
type Seen = Input<typeof recorded>;
type Act = (input: Seen) => Promise<Result<{ status: 201; body: { id: string; calls: number } }>>;

let ports: TestPorts;
let userId: string;
let token: string;
let key: string;
let seen: Seen[];
let count = 0;

beforeAll(async () => {
  ports = await startTestPorts();
  const client = { ip: "192.0.2.1", userAgent: "vitest" };
  await register({ email: "user@example.com", password: PASSWORD, client }, ports);
  const pair = await login({ email: "user@example.com", password: PASSWORD, client }, ports);
  if (!pair.ok) throw new Error(pair.refusal.code);
  userId = pair.value.user.id;
  token = pair.value.accessToken;
});
afterAll(() => ports.stop());
beforeEach(() => {
  key = `key-${++count}`;
  seen = [];
});

const done: Act = async ({ operationId }) =>
  success({ status: 201, body: { id: operationId, calls: seen.length } });

function ask(
  act: Act = done,
  request: Request = {},
  used = ports,
  definition: typeof recorded | typeof transacted = recorded,
): Promise<Answered> {
  const handler = endpoint(
    definition as typeof recorded,
    async (input) => {
      seen.push(input);
      return act(input);
    },
    used,
  );
  const headers = { authorization: `Bearer ${token}`, "idempotency-key": key, ...request.headers };
  return call(handler, { body: { n: 1, m: 2 }, ...request, headers });
}

const itemKey = () => ({ table: "requests", key: { pk: userId, sk: `KEY#${key}` } }) as const;
const item = () => ports.store.get(itemKey());
const set = (attributes: Item) => ports.store.write({ kind: "update", ...itemKey(), set: attributes });

describe("a call under an idempotency key", () => {
  it("beside its twin > waits for it, so that one's refusal cannot make the other's effect a second one", async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Act = async (input) => {
      await gate;
      return done(input);
    };
    const first = ask(slow);
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused: Act = async () => refuse("INSUFFICIENT_FUNDS");
    const looking = new Promise<void>((resolve) => setTimeout(resolve, 30)).then(release);
    const clock = {
      ...ports.clock,
      sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    };
    const twin = ask(refused, {}, { ...ports, clock });
    const [one, other] = await Promise.all([first, twin, looking]);
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(other.body).toEqual(one.body);
    expect(seen).toHaveLength(1);
    expect((await ask()).body).toEqual(one.body);
  });

  it("whose twin died without an answer > takes over once the twin's time is over, under the same operation id", async () => {
    await ask(async ({ operationId }) => {
      await set({ startedMs: BigInt(ports.clock.nowMs()) });
      throw new Error(`died in ${operationId}`);
    });
    const operationId = seen[0]?.operationId;
    await set({ startedMs: BigInt(ports.clock.nowMs()) });
    expect((await ask()).status).toBe(503);
    await set({ startedMs: BigInt(ports.clock.nowMs() - 60_000) });
    expect((await ask()).status).toBe(201);
    expect(seen.map((input) => input.operationId)).toEqual([operationId, operationId]);
  });

  it("again > the first answer, and nothing is done twice", async () => {
    const first = await ask();
    const again = await ask();
    expect(seen).toHaveLength(1);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(first.headers).not.toHaveProperty("idempotency-replayed");
  });

  it("again with its fields in another order > the first answer", async () => {
    await ask();
    expect((await ask(done, { body: '{"m":2,"n":1}' })).status).toBe(201);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["another body", { body: { n: 2, m: 2 } }],
    ["another path", { path: "/api/others" }],
    ["another method", { method: "PUT" }],
  ])("with %s > refused", async (_story, request) => {
    await ask();
    expect(await ask(done, request)).toMatchObject({ status: 409, body: { code: "IDEMPOTENCY_MISMATCH" } });
    expect(seen).toHaveLength(1);
  });

  it("of another user > has nothing to do with it", async () => {
    await ports.store.write({
      kind: "put",
      table: "requests",
      item: { pk: "someone", sk: `KEY#${key}`, fingerprint: "x", operationId: "y" },
    });
    expect((await ask()).status).toBe(201);
  });

  it("refused > forgotten, so that it may be tried again", async () => {
    expect((await ask(async () => refuse("INSUFFICIENT_FUNDS"))).status).toBe(400);
    expect(await item()).toBeUndefined();
    expect((await ask()).status).toBe(201);
  });

  it("failed with nobody knowing how > runs again under the same operation id", async () => {
    const failing: Act = async () => {
      throw new StoreUnavailable("no answer");
    };
    expect((await ask(failing)).status).toBe(503);
    expect((await ask()).status).toBe(201);
    expect(seen.map(({ operationId }) => operationId)).toEqual([seen[0]?.operationId, seen[0]?.operationId]);
  });

  it("whose answer could not be kept > is answered all the same, and runs again under the same id", async () => {
    const { store } = ports;
    const write: typeof store.write = (given) =>
      given.kind === "update" && given.set?.answer !== undefined
        ? Promise.reject(new StoreUnavailable("down"))
        : store.write(given);
    const first = await ask(done, {}, { ...ports, store: { ...store, write } });
    expect(first.status).toBe(201);
    const again = await ask();
    expect(again.body.id).toBe(first.body.id);
    expect(seen).toHaveLength(2);
  });

  it("two at once > both run under one operation id", async () => {
    const both = await Promise.all([ask(), ask()]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
  });

  it("without a body in its answer > is answered without one again", async () => {
    const silent = (async () => success({ status: 204, body: undefined })) as unknown as Act;
    expect((await ask(silent)).status).toBe(204);
    const again = await ask(silent);
    expect([again.status, again.body, seen.length]).toEqual([204, {}, 1]);
  });

  it("is kept for two days", async () => {
    await ask();
    expect((await item())?.expiresAt).toBe(BigInt(ports.clock.nowMs() / 1000 + 48 * 60 * 60));
  });

  it("after its time > is a new call, also where the store has not removed it", async () => {
    const first = await ask();
    await set({ expiresAt: BigInt(ports.clock.nowMs() / 1000) });
    const second = await ask(done, { body: { n: 5 } });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    expect((await ask(done, { body: { n: 5 } })).body.id).toBe(second.body.id);
  });

  it.each(["", "x".repeat(65), "tab\t", "é"])("a key such as %j > refused", async (given) => {
    const answer = await ask(done, { headers: { "idempotency-key": given } });
    expect(answer).toMatchObject({ status: 400, body: { details: [{ path: "Idempotency-Key" }] } });
    expect(seen).toHaveLength(0);
  });
});

describe("a key that is a client order id too", () => {
  const client = { clientFingerprint: "f", clientOrderId: "01KATB9Z8Q4W0J5V6R7N2M3X1C" };

  it("answers and keeps the order's name, and both for two days from now", async () => {
    await set({ ...client, expiresAt: BigInt(ports.clock.nowMs() / 1000 + 60) });
    expect((await ask()).status).toBe(201);
    const expiresAt = BigInt(ports.clock.nowMs() / 1000 + 48 * 60 * 60);
    expect(await item()).toMatchObject({ ...client, answer: { status: 201n }, expiresAt });
    await ask();
    expect(seen).toHaveLength(1);
  });

  it("a refusal takes back its own part only", async () => {
    await set(client);
    await ask(async () => refuse("CONFLICT"));
    const { pk: _pk, sk: _sk, expiresAt, ...rest } = (await item()) ?? {};
    expect(rest).toEqual(client);
    expect(expiresAt).toBeDefined();
  });
});

describe("a call whose use case writes the record itself", () => {
  const run = (act: Act, request: Request = {}) => ask(act, request, ports, transacted);
  const place: Act = async (input) => {
    const { operationId, idempotency } = input;
    await set({
      fingerprint: idempotency?.fingerprint ?? "",
      operationId,
      expiresAt: BigInt(ports.clock.nowMs() / 1000 + 1000),
    });
    return done(input);
  };

  it("is told key and fingerprint, and again > the first answer", async () => {
    const first = await run(place);
    expect(seen[0]?.idempotency).toEqual({
      key,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await run(place)).body).toEqual(first.body);
    expect(seen).toHaveLength(1);
    expect((await run(place, { body: { n: 9 } })).body.code).toBe("IDEMPOTENCY_MISMATCH");
  });

  it("leaves no record of the edge's own where it writes none", async () => {
    expect((await run(done)).status).toBe(201);
    expect(await item()).toBeUndefined();
  });

  it("whose record was written but not answered > runs again under its operation id", async () => {
    await run(async (input) => {
      await place(input);
      throw new StoreUnavailable("no answer");
    });
    await run(done);
    expect(seen[1]?.operationId).toBe(seen[0]?.operationId);
  });

  it("a record past its time does not stand in its way", async () => {
    await set({
      fingerprint: "old",
      operationId: "old",
      answer: { status: 201n, body: "{}" },
      expiresAt: 1n,
    });
    await run(async (input) => {
      expect(await item()).toBeUndefined();
      return place(input);
    });
    expect(seen).toHaveLength(1);
  });
});
