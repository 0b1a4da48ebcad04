import { beforeEach, describe, expect, test } from "vitest";
import { closeToMarkets, openToMarkets } from "../../../lib/admin/account-markets.ts";
import { type SetMarketStatus, setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import type { Result } from "../../../lib/contract/refusal.ts";
import { readMarket, readMarkets } from "../../../lib/market/read-markets.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, limit, openAccount, orderNow, place } from "../../simulation/traders.ts";

let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore(), { clock });
  for (const userId of ["ALICE", "BOB"])
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10", ETH: "10" } });
});

type Ports = Parameters<typeof setMarketStatus>[1];
function set(status: "open" | "halted", change: Partial<SetMarketStatus> = {}, ports: Ports = exchange) {
  const operationId = exchange.random.id(clock.nowMs());
  return setMarketStatus(
    {
      market: "BTC-USDT",
      status,
      actor: "ADMIN",
      operationId,
      correlationId: "c",
      requestId: "r",
      ...change,
    },
    ports,
  );
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? "accepted" : result.refusal.code;
}

async function shown(): Promise<string> {
  return accepted(await readMarket("BTC-USDT", exchange)).status;
}

describe("halting a market", () => {
  test("closes its gate at once, and takes its turn behind what was accepted before", async () => {
    const before = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    expect(codeOf(await set("halted"))).toBe("accepted");
    expect(await shown()).toBe("halted");
    expect(
      codeOf(await place(exchange, "BOB", { side: "buy", type: "limit", price: "100", quantity: "1" })),
    ).toBe("MARKET_HALTED");
    await exchange.matchAll();
    expect((await orderNow(before, exchange)).status).toBe("open");
    const { items } = await exchange.store.query({ table: "audit", index: "entity", pk: "market:BTC-USDT" });
    expect(items).toMatchObject([{ actor: "ADMIN" }]);
    expect(await violations(exchange)).toEqual([]);
  });

  test("rejects what slips through between the gate and the queue, and opens again with its turn", async () => {
    await set("halted");
    await exchange.store.write({
      kind: "delete",
      table: "market-data",
      key: { pk: "MARKET#BTC-USDT", sk: "GATE" },
    });
    const late = await limit(exchange, "BOB", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect(await orderNow(late, exchange)).toMatchObject({ status: "rejected", reason: "market_halted" });
    expect(await balance(exchange, "BOB", "USDT")).toBe("100000 + 0");
    expect(await shown()).toBe("halted");
    await set("open");
    expect(await shown()).toBe("halted");
    await exchange.matchAll();
    expect(await shown()).toBe("open");
    const after = await limit(exchange, "BOB", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect((await orderNow(after, exchange)).status).toBe("open");
  });

  test("leaves the other markets alone, and is remembered by an instance that knows nothing", async () => {
    await set("halted");
    await exchange.matchAll();
    exchange.coldStart();
    const statuses = (await readMarkets(exchange)).map(({ market, status }) => `${market} ${status}`);
    expect(statuses).toEqual(["BTC-USDT halted", "ETH-USDT open", "ETH-BTC open"]);
    await set("open");
    await exchange.matchAll();
    expect(await shown()).toBe("open");
  });

  test("of a market that is not there is refused", async () => {
    expect(codeOf(await set("halted", { market: "DOGE-USDT" }))).toBe("UNKNOWN_MARKET");
    expect(codeOf(await readMarket("DOGE-USDT", exchange))).toBe("UNKNOWN_MARKET");
  });

  test("while the queue cannot be reached is refused, with the gate closed, and can be repeated", async () => {
    const send = async () => {
      throw new QueueUnavailable("nobody answers");
    };
    const operationId = exchange.random.id(clock.nowMs());
    expect(codeOf(await set("halted", { operationId }, { ...exchange, queue: { send } }))).toBe(
      "UNAVAILABLE",
    );
    expect(await shown()).toBe("halted");
    expect(codeOf(await set("halted", { operationId }))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });

  test("whose record's answer was lost leaves one record", async () => {
    const store = hookedStore(exchange.store, {
      after: firstTimes(
        1,
        ({ operation }) => operation === "transact",
        () => {
          throw unavailable();
        },
      ),
    });
    expect(codeOf(await set("halted", {}, { ...exchange, store }))).toBe("accepted");
    const { items } = await exchange.store.query({ table: "audit", index: "actor", pk: "ADMIN" });
    expect(items).toHaveLength(1);
  });
});

describe("closing the markets to an account", () => {
  const alice = { userId: "ALICE", correlationId: "c" };

  test("cancels its orders everywhere and refuses what was accepted before, until they are opened again", async () => {
    const orders = [
      await limit(exchange, "ALICE", ["buy", "100", "1"]),
      accepted(
        await place(exchange, "ALICE", {
          market: "ETH-BTC",
          side: "sell",
          type: "limit",
          price: "0.05",
          quantity: "1",
        }),
      ),
    ];
    const bobs = await limit(exchange, "BOB", ["buy", "100", "1"]);
    await exchange.matchAll();
    await closeToMarkets(alice, exchange);
    const late = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    for (const order of orders)
      expect(await orderNow(order, exchange)).toMatchObject({
        status: "cancelled",
        reason: "account_frozen",
      });
    expect(await orderNow(late, exchange)).toMatchObject({ status: "rejected", reason: "account_frozen" });
    expect((await orderNow(bobs, exchange)).status).toBe("open");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    await openToMarkets(alice, exchange);
    const again = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect((await orderNow(again, exchange)).status).toBe("open");
    expect(await violations(exchange)).toEqual([]);
  });

  test("of which one cannot be reached fails, and repeating it is harmless", async () => {
    const send: typeof exchange.queue.send = async (market, ...rest) => {
      if (market === "ETH-USDT") throw new QueueUnavailable("nobody answers");
      await exchange.queue.send(market, ...rest);
    };
    await expect(closeToMarkets(alice, { ...exchange, queue: { send } })).rejects.toBeInstanceOf(
      QueueUnavailable,
    );
    await closeToMarkets(alice, exchange);
    await exchange.matchAll();
    expect(await violations(exchange)).toEqual([]);
  });
});
