import { beforeEach, describe, expect, test } from "vitest";
import { type SetMarketStatus, setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import { gateKey } from "../../../lib/market/gate.ts";
import { readMarket, readMarkets } from "../../../lib/market/read-markets.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, limit, openAccount, orderNow, place } from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";

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

const deadQueue = {
  send: async () => {
    throw new QueueUnavailable("nobody answers");
  },
};

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
    const { items } = await exchange.store.query({ table: "audit", index: "market", pk: "market:BTC-USDT" });
    expect(items).toMatchObject([{ actor: "ADMIN" }]);
    expect(await violations(exchange)).toEqual([]);
  });

  test("rejects what slips through between the gate and the queue, and opens again with its turn", async () => {
    await set("halted");
    // An order that looked at the gate before it closed.
    const key = { pk: "MARKET#BTC-USDT", sk: "GATE" };
    await exchange.store.write({ kind: "update", table: "market-data", key, remove: ["desired"] });
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

  test("while the queue cannot be reached closes the gate, and a repetition sends what is desired", async () => {
    const operationId = exchange.random.id(clock.nowMs());
    expect(codeOf(await set("halted", { operationId }, { ...exchange, queue: deadQueue }))).toBe("accepted");
    expect(await shown()).toBe("halted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(codeOf(await set("halted", { operationId }))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
    await exchange.matchAll();
    expect(codeOf(await set("halted", { operationId }))).toBe("accepted");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
  });

  test("and opening it at once > the higher number has the last word, whichever command arrives first", async () => {
    for (const first of [0, 1]) {
      const commands: Parameters<typeof exchange.queue.send>[] = [];
      const send = async (...call: Parameters<typeof exchange.queue.send>) => void commands.push(call);
      const ports = { ...exchange, queue: { send } };
      await Promise.all([set("halted", {}, ports), set("open", {}, ports)]);
      for (const index of [first, 1 - first])
        await exchange.queue.send(...(commands[index] as (typeof commands)[number]));
      await exchange.matchAll();
      const gate = await exchange.store.get({ table: "market-data", key: gateKey("BTC-USDT") });
      expect(gate?.applied).toBe(gate?.number);
      expect(gate?.status).toBe(gate?.desired);
    }
  });

  test("that others change again and again gives up in the end", async () => {
    const store = hookedStore(exchange.store, {
      before: async (call) => {
        if (call.operation === "transact") await set("open");
        return undefined;
      },
    });
    expect(codeOf(await set("halted", {}, { ...exchange, store }))).toBe("UNAVAILABLE");
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
