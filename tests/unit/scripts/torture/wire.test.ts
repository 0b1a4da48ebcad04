import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Chance } from "../../../../scripts/demo/chance.ts";
import { ExchangeClient } from "../../../../scripts/exchange/client.ts";
import { Wire } from "../../../../scripts/torture/wire.ts";

const ORDER = { market: "BTC-USDT", side: "buy", type: "limit", price: "1", quantity: "10" } as const;
const opened: Server[] = [];

/** An exchange that accepts everything after a while, at the end of a wire with the given luck, one fraction after another. */
async function stage(luck: readonly number[], answerMs = 0) {
  const keys: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    for await (const _part of request);
    keys.push(request.headers["idempotency-key"] as string | undefined);
    const body = JSON.stringify({ id: `order-${keys.length}`, market: ORDER.market, status: "open" });
    setTimeout(() => response.writeHead(request.method === "DELETE" ? 202 : 201).end(body), answerMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push(server);
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Whoever hangs up soon shall find a connection that stands, so that the exchange has the request by then.
  await fetch(baseUrl);
  keys.length = 0;
  const left = [...luck];
  const wire = new Wire({ fraction: () => left.shift() ?? 0.99 } as Chance);
  wire.isCalm = false;
  return { client: new ExchangeClient({ baseUrl, fetch: wire.fetch, retryForMs: 5_000 }), wire, keys };
}

afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("place an order over the wire", () => {
  test("good luck > the answer arrives, and the wire knows it", async () => {
    const { client, wire } = await stage([0.5]);
    const order = await client.placeOrder(ORDER, { idempotencyKey: "k" });
    expect(wire.placings.get("k")).toEqual({ order: ORDER, attempts: 1, answers: [order] });
  });

  test("the answer is kept back > the client sends it again under its key, and the wire knows both answers", async () => {
    const { client, wire, keys } = await stage([0.07, 0.5]);
    const order = await client.placeOrder(ORDER, { idempotencyKey: "k" });
    expect(order.id).toBe("order-2");
    expect(keys).toEqual(["k", "k"]);
    expect(wire.placings.get("k")).toMatchObject({
      attempts: 2,
      answers: [{ id: "order-1" }, { id: "order-2" }],
    });
    expect(wire).toMatchObject({ unheard: 1, hungUp: 0 });
  });

  test("out of patience before the answer > the exchange has it, nobody heard the answer, and it is sent again", async () => {
    const { client, wire, keys } = await stage([0.01, 0.99, 0.5], 500);
    await client.placeOrder(ORDER, { idempotencyKey: "k" });
    expect(keys).toEqual(["k", "k"]);
    expect(wire.placings.get("k")).toMatchObject({ attempts: 2, answers: [{ id: "order-2" }] });
    expect(wire).toMatchObject({ unheard: 0, hungUp: 1 });
  });

  test("while it is calm > nothing is lost", async () => {
    const { client, wire } = await stage([0.07, 0.07, 0.07]);
    wire.isCalm = true;
    await client.placeOrder(ORDER, { idempotencyKey: "k" });
    expect(wire).toMatchObject({ unheard: 0, hungUp: 0 });
  });

  test("a cancel is accepted > the wire remembers the order", async () => {
    const { client, wire } = await stage([0.5]);
    await client.cancelOrder("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    expect([...wire.cancelled]).toEqual(["01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
  });

  test("another request than of orders > is never troubled", async () => {
    const { client, wire } = await stage([0.07, 0.07]);
    await client.balances();
    expect(wire).toMatchObject({ unheard: 0, hungUp: 0 });
  });
});
