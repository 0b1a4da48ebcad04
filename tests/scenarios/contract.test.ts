import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, eventually, logIn, newTrader, request } from "../support/api.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
let admin: Caller;
const WAIT = { prefer: "wait=5" };

beforeAll(async () => {
  stack = await startStack();
  admin = await logIn(stack.url, stack.admin);
}, 90_000);
afterAll(() => stack?.stop());

const get = (path: string) => request(stack.url, { method: "GET", path });
const limit = (side: string, price: string, quantity: string, market = "BTC-USDT") => ({
  market,
  side,
  type: "limit",
  price,
  quantity,
});

describe("markets", () => {
  it("are listed with their rules and fees", async () => {
    const { status, body } = await get("/markets");
    expect(status).toBe(200);
    expect(body.items).toContainEqual({
      market: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      tickSize: "0.01",
      lotSize: "0.0001",
      minNotional: "5",
      makerFee: "0.001",
      takerFee: "0.002",
      status: "open",
    });
    expect(body.items).toHaveLength(3);
    expect((await get("/markets/ETH-BTC")).body).toMatchObject({
      tickSize: "0.00001",
      lotSize: "0.001",
      minNotional: "0.0001",
    });
  });

  it.each(["/markets/DOGE-USDT", "/markets/DOGE-USDT/orderbook", "/markets/DOGE-USDT/trades"])(
    "%s is unknown",
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, body: { code: "UNKNOWN_MARKET" } });
    },
  );

  it("are described by OpenAPI 3.1", async () => {
    const { body } = await get("/openapi.json");
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(["/api/orders", "/api/admin/reconciliation", "/api/auth/login"]),
    );
  });
});

describe("an order's life", () => {
  it("goes from pending over the book to a trade that both sides, the tape and the balances show", async () => {
    const seller = await newTrader(stack.url, admin, { BTC: "2" });
    const buyer = await newTrader(stack.url, admin, { USDT: "100000" });
    const accepted = await seller.call("POST", "/orders", {
      ...limit("sell", "40000.50", "1.5"),
      clientOrderId: "mine",
    });
    expect(accepted).toMatchObject({
      status: 201,
      body: {
        clientOrderId: "mine",
        status: "pending",
        price: "40000.5",
        quantity: "1.5",
        quoteQuantity: null,
        averagePrice: null,
        version: null,
        reason: null,
        timeInForce: "GTC",
        fee: { asset: "USDT", amount: "0" },
      },
    });
    const resting = await seller.call("GET", `/orders/${accepted.body.id}`, undefined, WAIT);
    expect(resting.body.status).toBe("open");
    const book = await get("/markets/BTC-USDT/orderbook?depth=5");
    expect(book.body.version).toBeGreaterThanOrEqual(resting.body.version);
    expect(book.body.asks).toEqual([["40000.5", "1.5"]]);

    const named = await get(`/markets/BTC-USDT/orderbook?minVersion=${resting.body.version}`);
    expect(named.body).toEqual({ ...book.body, version: named.body.version });
    expect(named.body.version).toBeGreaterThanOrEqual(resting.body.version);
    expect(await get("/markets/BTC-USDT/orderbook?minVersion=999999999")).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_ERROR" },
    });

    const bought = await buyer.call("POST", "/orders", limit("buy", "41000", "0.5"), WAIT);
    expect(bought).toMatchObject({
      status: 201,
      body: {
        status: "filled",
        filledQuantity: "0.5",
        filledQuote: "20000.25",
        averagePrice: "40000.5",
        fee: { asset: "BTC", amount: "0.001" },
      },
    });
    const balances = (await buyer.call("GET", "/wallet/balances")).body.items;
    expect(balances).toContainEqual({ asset: "USDT", available: "79999.75", locked: "0", total: "79999.75" });
    expect(balances).toContainEqual({ asset: "BTC", available: "0.499", locked: "0", total: "0.499" });
    const fills = await buyer.call("GET", `/trades?orderId=${bought.body.id}`);
    expect(fills.body.items).toMatchObject([
      { orderId: bought.body.id, side: "buy", price: "40000.5", quantity: "0.5", role: "taker" },
    ]);
    const tape = await eventually(
      () => get("/markets/BTC-USDT/trades"),
      ({ body }) => body.items.length > 0,
    );
    expect(tape.body.items[0]).toMatchObject({ price: "40000.5", quantity: "0.5", takerSide: "buy" });

    const cancelled = await seller.call("DELETE", `/orders/${accepted.body.id}`, undefined, WAIT);
    expect(cancelled).toMatchObject({ status: 202, body: { id: accepted.body.id, status: "cancelled" } });
    expect(await seller.call("DELETE", `/orders/${accepted.body.id}`)).toMatchObject({
      status: 409,
      body: { code: "ORDER_CLOSED" },
    });
    expect((await seller.call("GET", "/orders?status=closed")).body.items).toMatchObject([
      { status: "cancelled", reason: "user" },
    ]);
    expect((await seller.call("GET", "/orders?status=live")).body.items).toEqual([]);
    expect(await buyer.call("GET", `/orders/${accepted.body.id}`)).toMatchObject({
      status: 404,
      body: { error: "Order not found" },
    });
  });

  it("is one order for one idempotency key or client order id, and another body is refused", async () => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000" });
    const key = { "idempotency-key": "once" };
    const order = limit("buy", "100", "1");
    const [first, twin] = await Promise.all([
      trader.call("POST", "/orders", order, key),
      trader.call("POST", "/orders", order, key),
    ]);
    expect([first.status, twin.status]).toEqual([201, 201]);
    expect(twin.body.id).toBe(first.body.id);
    expect((await trader.call("POST", "/orders", order, key)).body).toEqual(first.body);
    expect(await trader.call("POST", "/orders", limit("buy", "101", "1"), key)).toMatchObject({
      status: 409,
      body: { code: "IDEMPOTENCY_MISMATCH" },
    });
    const named = { ...order, clientOrderId: "name" };
    const one = await trader.call("POST", "/orders", named);
    expect((await trader.call("POST", "/orders", named)).body.id).toBe(one.body.id);
    expect(await trader.call("POST", "/orders", { ...named, price: "99" })).toMatchObject({
      status: 409,
      body: { code: "DUPLICATE_CLIENT_ORDER_ID" },
    });
    expect((await trader.call("GET", "/orders")).body.items).toHaveLength(2);
  });

  it.each([
    ["INSUFFICIENT_FUNDS", limit("buy", "100", "1000")],
    ["PRICE_NOT_ON_TICK", limit("buy", "100.001", "1")],
    ["QUANTITY_NOT_ON_LOT", limit("buy", "100", "0.00001")],
    ["NOTIONAL_TOO_SMALL", limit("buy", "1", "0.0001")],
    ["UNKNOWN_MARKET", limit("buy", "100", "1", "DOGE-USDT")],
    ["VALIDATION_ERROR", { ...limit("buy", "100", "1"), stopPrice: "90" }],
    ["VALIDATION_ERROR", { ...limit("buy", "100", "1"), timeInForce: "FOK" }],
    ["VALIDATION_ERROR", limit("buy", "1e3", "1")],
    ["VALIDATION_ERROR", limit("buy", "-1", "1")],
    ["VALIDATION_ERROR", { ...limit("buy", "1", "1"), quantity: 1 }],
    ["VALIDATION_ERROR", { market: "BTC-USDT", side: "buy", type: "market", quantity: "1" }],
  ])("is refused as %s and changes nothing", async (code, order) => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000" });
    const { status, body } = await trader.call("POST", "/orders", order);
    expect(status).toBe(code === "UNKNOWN_MARKET" ? 404 : 400);
    expect(body).toMatchObject({ code, error: expect.any(String), requestId: expect.any(String) });
    expect((await trader.call("GET", "/orders")).body.items).toEqual([]);
    expect((await trader.call("GET", "/wallet/balances")).body.items).toContainEqual({
      asset: "USDT",
      available: "1000",
      locked: "0",
      total: "1000",
    });
  });

  it("ends with cancel-all, by side", async () => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000", BTC: "1" });
    const buy = await trader.call("POST", "/orders", limit("buy", "10", "1"), WAIT);
    const sell = await trader.call("POST", "/orders", limit("sell", "90000", "1"), WAIT);
    expect(await trader.call("DELETE", "/orders?market=BTC-USDT&side=buy")).toMatchObject({
      status: 202,
      body: { market: "BTC-USDT" },
    });
    const live = await eventually(
      () => trader.call("GET", "/orders?status=live&market=BTC-USDT"),
      ({ body }) => body.items.length === 1,
    );
    expect(live.body.items[0].id).toBe(sell.body.id);
    expect((await trader.call("GET", `/orders/${buy.body.id}`)).body).toMatchObject({
      status: "cancelled",
      reason: "user",
    });
    expect((await trader.call("DELETE", "/orders?market=DOGE-USDT")).status).toBe(404);
    await trader.call("DELETE", `/orders/${sell.body.id}`, undefined, WAIT);
  });
});

describe("withdrawals", () => {
  it("lock at once, and are decided once", async () => {
    const trader = await newTrader(stack.url, admin, { ETH: "3" });
    const asked = await trader.call("POST", "/wallet/withdrawals", {
      asset: "ETH",
      amount: "1.5",
      address: "0xabc",
    });
    expect(asked).toMatchObject({
      status: 201,
      body: { status: "pending_approval", amount: "1.5", fee: "0.002" },
    });
    const eth = async () =>
      (await trader.call("GET", "/wallet/balances")).body.items.find(
        (item: { asset: string }) => item.asset === "ETH",
      );
    expect(await eth()).toMatchObject({ available: "1.5", locked: "1.5" });
    const [one, other] = await Promise.all([
      admin.call("POST", `/admin/withdrawals/${asked.body.id}/approve`, { transactionId: "0x1" }),
      admin.call("POST", `/admin/withdrawals/${asked.body.id}/reject`, { reason: "no" }),
    ]);
    expect([one.status, other.status].sort()).toEqual([200, 409]);
    const { status } = (await trader.call("GET", `/wallet/withdrawals/${asked.body.id}`)).body;
    expect(await eth()).toMatchObject(
      status === "completed" ? { available: "1.5", locked: "0" } : { available: "3", locked: "0" },
    );
    expect((await trader.call("DELETE", `/wallet/withdrawals/${asked.body.id}`)).status).toBe(409);
    const second = await trader.call("POST", "/wallet/withdrawals", {
      asset: "ETH",
      amount: "1",
      address: "0xabc",
    });
    expect(await trader.call("DELETE", `/wallet/withdrawals/${second.body.id}`)).toMatchObject({
      status: 200,
      body: { status: "cancelled" },
    });
    expect((await admin.call("GET", "/admin/withdrawals?status=cancelled")).body.items[0].id).toBe(
      second.body.id,
    );
    expect(
      await trader.call("POST", "/wallet/withdrawals", { asset: "ETH", amount: "100", address: "0xabc" }),
    ).toMatchObject({
      status: 400,
      body: { code: "INSUFFICIENT_FUNDS" },
    });
    expect(
      (await trader.call("POST", "/wallet/withdrawals", { asset: "ETH", amount: "0.002", address: "0xabc" }))
        .body.code,
    ).toBe("VALIDATION_ERROR");
  });
});

describe("an administrator", () => {
  it("credits a deposit once per reference", async () => {
    const trader = await newTrader(stack.url, admin);
    const deposit = { userId: trader.id, asset: "USDT", amount: "10.50", reference: `once ${trader.id}` };
    const [one, other] = await Promise.all([
      admin.call("POST", "/admin/deposits", deposit),
      admin.call("POST", "/admin/deposits", deposit),
    ]);
    expect([one.status, other.status].sort()).toEqual([200, 201]);
    expect(await admin.call("POST", "/admin/deposits", { ...deposit, amount: "11" })).toMatchObject({
      status: 409,
      body: { code: "DUPLICATE_REFERENCE" },
    });
    expect((await trader.call("GET", "/wallet/deposits")).body.items).toMatchObject([{ amount: "10.5" }]);
    expect(
      (
        await admin.call("POST", "/admin/deposits", {
          ...deposit,
          userId: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
          reference: "x",
        })
      ).status,
    ).toBe(404);
  });

  it("halts a market, which then takes no orders but cancels, and opens it again", async () => {
    const trader = await newTrader(stack.url, admin, { BTC: "1" });
    const order = await trader.call("POST", "/orders", limit("sell", "0.9", "1", "ETH-BTC"), WAIT);
    const resting = await trader.call("POST", "/orders", limit("sell", "3000", "1", "ETH-USDT"));
    expect([order.body.code, resting.body.code]).toEqual(["INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"]);
    const bid = await trader.call("POST", "/orders", limit("buy", "0.01", "1", "ETH-BTC"), WAIT);
    expect((await admin.call("PUT", "/admin/markets/ETH-BTC", { status: "halted" })).status).toBe(202);
    expect(await trader.call("POST", "/orders", limit("buy", "0.01", "1", "ETH-BTC"))).toMatchObject({
      status: 409,
      body: { code: "MARKET_HALTED" },
    });
    expect((await get("/markets/ETH-BTC")).body.status).toBe("halted");
    expect((await trader.call("DELETE", `/orders/${bid.body.id}`, undefined, WAIT)).body.status).toBe(
      "cancelled",
    );
    expect((await admin.call("PUT", "/admin/markets/ETH-BTC", { status: "open" })).status).toBe(202);
    const market = await eventually(
      () => get("/markets/ETH-BTC"),
      ({ body }) => body.status === "open",
    );
    expect(market.body.status).toBe("open");
  });

  it("resolves suspended orders, and no others", async () => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000" });
    const order = await trader.call("POST", "/orders", limit("buy", "10", "1"), WAIT);
    const path = `/admin/orders/${trader.id}/${order.body.id}/resolve`;
    const cancel = { action: "cancel", reason: "as the runbook says" };
    expect(await admin.call("POST", path, cancel)).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    expect(await admin.call("POST", path, { ...cancel, action: "forget" })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_ERROR" },
    });
    const unknown = `/admin/orders/${trader.id}/01ARZ3NDEKTSV4RRFFQ69G5FAV/resolve`;
    expect(await admin.call("POST", unknown, cancel)).toMatchObject({
      status: 404,
      body: { error: "Order not found" },
    });
    expect((await trader.call("POST", path, cancel)).status).toBe(403);
    expect((await trader.call("GET", `/orders/${order.body.id}`)).body.status).toBe("open");
    await trader.call("DELETE", `/orders/${order.body.id}`, undefined, WAIT);
  });

  it("freezes a user, whose tokens end and whose orders are cancelled", async () => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000" });
    const order = await trader.call("POST", "/orders", limit("buy", "10", "1"), WAIT);
    expect(await admin.call("PUT", `/admin/users/${trader.id}`, { status: "frozen" })).toMatchObject({
      status: 200,
      body: { status: "frozen" },
    });
    expect(await trader.call("GET", "/auth/me")).toMatchObject({
      status: 403,
      body: { code: "ACCOUNT_FROZEN" },
    });
    const credentials = { email: trader.email, password: "a-long-password" };
    const login = { method: "POST", path: "/auth/login", body: credentials };
    expect(await request(stack.url, login)).toMatchObject({ status: 403, body: { code: "ACCOUNT_FROZEN" } });
    expect((await admin.call("PUT", `/admin/users/${trader.id}`, { status: "active" })).status).toBe(200);
    expect((await trader.call("GET", "/auth/me")).status).toBe(401);
    const back = await logIn(stack.url, credentials);
    const cancelled = await eventually(
      () => back.call("GET", `/orders/${order.body.id}`),
      ({ body }) => body.status === "cancelled",
    );
    expect(cancelled.body).toMatchObject({ status: "cancelled", reason: "account_frozen" });
    const again = await eventually(
      () => back.call("POST", "/orders", limit("buy", "10", "1"), WAIT),
      ({ body }) => body.status === "open",
    );
    expect(again.body.status).toBe("open");
    await back.call("DELETE", `/orders/${again.body.id}`, undefined, WAIT);
  });

  it("sees dashboard, users, audit and a balanced exchange", async () => {
    const dashboard = (await admin.call("GET", "/admin/dashboard")).body;
    expect(dashboard.users.total).toBeGreaterThan(3);
    expect(dashboard.markets).toHaveLength(3);
    const users = await admin.call("GET", "/admin/users?limit=2");
    expect(users.body.items).toHaveLength(2);
    expect(users.body.nextCursor).not.toBeNull();
    const detail = await admin.call("GET", `/admin/users/${users.body.items[0].id}`);
    expect(detail.body).toMatchObject({ balances: expect.any(Array), sessions: expect.any(Array) });
    const audit = await admin.call("GET", `/admin/audit?actor=${admin.id}&limit=500`);
    expect(audit.body.items.length).toBeGreaterThan(5);
    const [deposit] = audit.body.items.filter(
      ({ action }: { action: string }) => action === "deposit_credited",
    );
    for (const entity of deposit.entities as string[]) {
      const about = await admin.call("GET", `/admin/audit?entity=${encodeURIComponent(entity)}&limit=500`);
      const found = (about.body.items as { id: string }[]).filter(({ id }) => id === deposit.id);
      expect(found, entity).toHaveLength(1);
    }
    const itself = (await admin.call("GET", `/admin/audit?entity=user:${admin.id}&limit=500`)).body.items;
    expect(itself).toContainEqual(expect.objectContaining({ action: "user_login" }));
    expect(JSON.stringify([dashboard, users.body, detail.body, audit.body])).not.toMatch(
      /argon2|passwordHash/,
    );
    const reconciliation = (await admin.call("GET", "/admin/reconciliation?fresh=true")).body;
    expect(reconciliation).toMatchObject({ balanced: true, running: null });
    for (const item of reconciliation.items) expect(item.difference).toBe("0");
    const started = await admin.call("POST", "/admin/reconciliation");
    expect(started).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^[0-9A-Z]{26}$/) } });
    const last = (await admin.call("GET", "/admin/reconciliation")).body;
    expect(last).toMatchObject({ id: started.body.id, balanced: true, running: null });
  });

  it("is not just anybody", async () => {
    const trader = await newTrader(stack.url, admin);
    for (const path of [
      "/admin/dashboard",
      "/admin/users",
      "/admin/reconciliation",
      "/admin/audit",
      "/admin/withdrawals",
    ]) {
      expect(await trader.call("GET", path)).toMatchObject({
        status: 403,
        body: { code: "FORBIDDEN", error: "Admin access required" },
      });
      expect((await get(path)).status).toBe(401);
    }
  });
});

describe("bad input", () => {
  const cases: [
    string,
    { method: string; path: string; body?: unknown; headers?: Record<string, string> },
    number,
  ][] = [
    ["a body that is not JSON", { method: "POST", path: "/auth/login", body: "{" }, 400],
    ["a body that is a list", { method: "POST", path: "/auth/login", body: "[]" }, 400],
    ["a body of null", { method: "POST", path: "/auth/login", body: "null" }, 400],
    [
      "bytes that are not UTF-8",
      { method: "POST", path: "/auth/login", body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) },
      400,
    ],
    ["no body", { method: "POST", path: "/auth/login" }, 400],
    [
      "deep nesting",
      { method: "POST", path: "/auth/login", body: "[".repeat(20_000) + "]".repeat(20_000) },
      400,
    ],
    [
      "a prototype",
      {
        method: "POST",
        path: "/auth/login",
        body: '{"__proto__":{"email":"a"},"email":"a@b.co","password":"0123456789"}',
      },
      400,
    ],
    [
      "too much",
      { method: "POST", path: "/auth/login", body: JSON.stringify({ email: "x".repeat(70_000) }) },
      413,
    ],
    [
      "another content type",
      { method: "POST", path: "/auth/login", body: "a=b", headers: { "content-type": "text/plain" } },
      415,
    ],
    [
      "a content type that is none",
      { method: "POST", path: "/auth/login", body: "{}", headers: { "content-type": "garbage" } },
      415,
    ],
    [
      "a form without a boundary",
      { method: "POST", path: "/auth/login", body: "{}", headers: { "content-type": "multipart/form-data" } },
      415,
    ],
    ["a path that cannot be decoded", { method: "GET", path: "/markets/%" }, 404],
    ["an unknown path", { method: "GET", path: "/nothing" }, 404],
    ["an unknown method", { method: "PATCH", path: "/markets" }, 404],
    [
      "a token that is none",
      { method: "GET", path: "/auth/me", headers: { authorization: "Bearer x.y.z" } },
      401,
    ],
    ["a limit of zero", { method: "GET", path: "/markets/BTC-USDT/trades?limit=0" }, 400],
    ["a limit that is no number", { method: "GET", path: "/markets/BTC-USDT/trades?limit=ten" }, 400],
    ["a cursor of nobody", { method: "GET", path: "/markets/BTC-USDT/trades?cursor=%00%ff" }, 400],
    ["a depth out of range", { method: "GET", path: "/markets/BTC-USDT/orderbook?depth=100000" }, 400],
    ["an unknown query field", { method: "GET", path: "/markets/BTC-USDT/orderbook?deep=1" }, 400],
  ];
  it.each(cases)("%s is answered in the documented shape", async (_, call, status) => {
    const reply = await request(stack.url, call);
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({
      error: expect.any(String),
      code: expect.stringMatching(/^[A-Z_]+$/),
      requestId: expect.any(String),
    });
  });

  it("in paths of signed-in calls is not found", async () => {
    const trader = await newTrader(stack.url, admin);
    for (const path of [
      "/orders/x",
      "/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV",
      "/wallet/withdrawals/..%2f..",
      "/orders/%00",
    ]) {
      expect((await trader.call("GET", path)).status).toBe(404);
    }
  });
});

describe("the log", () => {
  const lines = (): readonly string[] => {
    const { logDir } = stack.record();
    return readdirSync(logDir).flatMap((name) => readFileSync(join(logDir, name), "utf8").split("\n"));
  };

  it("follows an order from the call to the commit by one correlation id", async () => {
    const trader = await newTrader(stack.url, admin, { USDT: "1000" });
    const headers = { ...WAIT, "x-correlation-id": "follow-me" };
    const placed = await trader.call("POST", "/orders", limit("buy", "10", "1"), headers);
    expect(placed.headers.get("x-correlation-id")).toBe("follow-me");
    const events = await eventually(
      async () => lines().filter((line) => line.includes("follow-me")),
      (found) => found.some((line) => line.includes("batch_committed")),
    );
    const names = events.map((line) => JSON.parse(line).event);
    expect(names).toEqual(expect.arrayContaining(["order_accepted", "batch_committed", "request"]));
    await trader.call("DELETE", `/orders/${placed.body.id}`, undefined, WAIT);
  });

  it("names the business events and carries no password, token or e-mail address", async () => {
    const trader = await newTrader(stack.url, admin);
    const wrong = { email: trader.email, password: "not-the-password-at-all" };
    expect((await request(stack.url, { method: "POST", path: "/auth/login", body: wrong })).status).toBe(401);
    const text = await eventually(
      async () => lines().join("\n"),
      (log) => log.includes("failed_login_attempt"),
    );
    for (const event of [
      "user_registered",
      "user_login",
      "failed_login_attempt",
      "order_creation_failed",
      "deposit_credited",
    ]) {
      expect(text).toContain(`"event":"${event}"`);
    }
    for (const secret of [
      trader.token,
      admin.token,
      "a-long-password",
      wrong.password,
      trader.email,
      stack.admin.password,
      stack.admin.email,
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});
