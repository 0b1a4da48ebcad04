import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LambdaHandler } from "../../lib/edge/endpoint.ts";
import type { Market } from "../../lib/market/market.ts";
import { type Dynoxide, startTables } from "../../scripts/local/engines.ts";
import { CATALOGUE } from "../simulation/in-process-exchange.ts";
import { type Answered, call } from "../support/calls.ts";
import { setFunctionEnvironment } from "../support/function-environment.ts";
import { quietLife, store as storeJournal } from "../support/journal.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
const VERSION = 21;

let dynoxide: Dynoxide;
const functions: { [name: string]: LambdaHandler } = {};

/** The functions as they are deployed, and a market that has traded. */
beforeAll(async () => {
  dynoxide = await startTables("test");
  setFunctionEnvironment(dynoxide);
  const loaded = {
    list: await import("../../functions/market/list.ts"),
    get: await import("../../functions/market/get.ts"),
    orderbook: await import("../../functions/market/orderbook.ts"),
    trades: await import("../../functions/market/trades.ts"),
  };
  for (const [name, { handler }] of Object.entries(loaded)) functions[name] = handler;
  const { ports } = await import("../../lib/adapters/ports.ts");
  await storeJournal(quietLife(VERSION, MARKET).journal, ports.store);
  const { handler: project } = await import("../../functions/workers/project.ts");
  await project({} as never, { getRemainingTimeInMillis: () => 30_000 } as never);
});
afterAll(() => dynoxide.stop());

function ask(name: string, query: { readonly [field: string]: string } = {}, market = "BTC-USDT") {
  const handler = functions[name];
  if (handler === undefined) throw new Error(`no function ${name}`);
  return call(handler, { method: "GET", path: `/api/markets/${market}/${name}`, params: { market }, query });
}

const KEPT = { "cache-control": "public, max-age=1" };
const NOT_KEPT = { "cache-control": "no-store" };

describe("public market data", () => {
  it.each<[string, (answer: Answered) => unknown, unknown]>([
    ["list", ({ body }) => (body.items as unknown[]).length, CATALOGUE.markets.size],
    ["get", ({ body }) => body.status, "open"],
    ["orderbook", ({ body }) => body.version, VERSION],
    ["trades", ({ body }) => (body.items as unknown[]).length, Math.floor(VERSION / 2)],
  ])("of %s may be kept for a second", async (name, partOf, wanted) => {
    const answer = await ask(name);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject(KEPT);
    expect(partOf(answer)).toBe(wanted);
  });

  it.each(["get", "orderbook", "trades"])(
    "of %s of an unknown market is refused, which nobody may keep",
    async (name) => {
      const refused = await ask(name, {}, "DOGE-USDT");
      expect(refused).toMatchObject({ status: 404, body: { code: "UNKNOWN_MARKET" } });
      expect(refused.headers).toMatchObject(NOT_KEPT);
    },
  );
});

describe("the order book of a version or later", () => {
  it("is answered where the market has come that far", async () => {
    const { status, body } = await ask("orderbook", { minVersion: String(VERSION) });
    expect(status).toBe(200);
    expect(body.version).toBe(VERSION);
  });

  it("is answered 503, to be tried again, where the market has not", async () => {
    const refused = await ask("orderbook", { minVersion: String(VERSION + 1) });
    expect(refused).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect(refused.headers).toMatchObject({ "retry-after": "1", ...NOT_KEPT });
  });

  it("is answered 400 where no market can have", async () => {
    const refused = await ask("orderbook", { minVersion: "999999999999" });
    expect(refused).toMatchObject({ status: 400, body: { code: "VALIDATION_ERROR" } });
    expect(refused.body.details?.[0]?.path).toBe("minVersion");
  });
});
