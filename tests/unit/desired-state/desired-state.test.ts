import { beforeEach, describe, expect, test } from "vitest";
import { setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import { updateUser } from "../../../lib/admin/users/update-user.ts";
import { profileItem } from "../../../lib/auth/user-item.ts";
import { accountStatusKey, MOST_MARKETS } from "../../../lib/desired-state/desired-state.ts";
import { RESEND_AFTER_MS, resendDesiredStates } from "../../../lib/desired-state/resend-desired-states.ts";
import { gateKey } from "../../../lib/market/gate.ts";
import { QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { firstTimes, hookedStore } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, limit, openAccount, orderNow, place } from "../../simulation/traders.ts";

const MARKETS = ["BTC-USDT", "ETH-USDT", "ETH-BTC"];
const MINUTE_MS = 60_000;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 1 }), { clock });
  for (const userId of ["ALICE", "BOB"]) {
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10", ETH: "10" } });
    const account = { id: userId, email: `${userId}@example.com`, role: "user", status: "active" } as const;
    const item = profileItem({
      ...account,
      createdAt: "2026-01-01T00:00:00.000Z",
      passwordHash: "x",
      credentialsVersion: 0n,
    });
    await exchange.store.write({ kind: "put", table: "users", item });
  }
});

type Ports = Parameters<typeof updateUser>[1];

async function setAccount(userId: string, status: "active" | "frozen", ports: Ports = exchange) {
  const change = { userId, status, actor: "ADMIN", requestId: "r", correlationId: "c" };
  return accepted(await updateUser(change, ports));
}

async function setMarket(status: "open" | "halted", ports: Ports = exchange) {
  const operationId = exchange.random.id(clock.nowMs());
  const ids = { operationId, correlationId: "c", requestId: "r" };
  return accepted(await setMarketStatus({ market: "BTC-USDT", status, actor: "ADMIN", ...ids }, ports));
}

/** As after a crash between the transaction and the sending, or with queues that nobody reaches. */
const unsent = (): Ports => ({ ...exchange, queue: { send: async () => {} } });
const unreachable = (only?: string): Ports => ({
  ...exchange,
  queue: {
    send: async (market, message) => {
      if (only === undefined || market === only) throw new QueueUnavailable("nobody answers");
      await exchange.queue.send(market, message);
    },
  },
});

const wishOf = (market: string, userId = "ALICE") =>
  exchange.store.get({ table: "market-data", key: accountStatusKey(market, userId) });

/** Sends of one sweep: "market number". */
async function resent(): Promise<string[]> {
  const sent: string[] = [];
  const send: Ports["queue"]["send"] = async (market, message) => {
    sent.push(`${market} ${JSON.parse(message.body).command.number}`);
    await exchange.queue.send(market, message);
  };
  await resendDesiredStates({ ...exchange, queue: { send } });
  return sent;
}

describe("freezing an account", () => {
  test("cancels its orders in every market and refuses what was accepted before, until it is active again", async () => {
    const eth = { market: "ETH-BTC", side: "sell", type: "limit", price: "0.05", quantity: "1" } as const;
    const orders = [
      await limit(exchange, "ALICE", ["buy", "100", "1"]),
      accepted(await place(exchange, "ALICE", eth)),
    ];
    const bobs = await limit(exchange, "BOB", ["buy", "100", "1"]);
    await exchange.matchAll();
    // Its commands are in the queues when an order comes that was accepted before.
    const commands: Parameters<typeof exchange.queue.send>[] = [];
    const slow = {
      ...exchange.queue,
      send: async (...call: (typeof commands)[number]) => void commands.push(call),
    };
    const late = await limit({ ...exchange, queue: slow }, "ALICE", ["buy", "100", "1"]);
    await setAccount("ALICE", "frozen");
    for (const command of commands) await exchange.queue.send(...command);
    await exchange.matchAll();
    for (const order of orders)
      expect(await orderNow(order, exchange)).toMatchObject({
        status: "cancelled",
        reason: "account_frozen",
      });
    expect(await orderNow(late, exchange)).toMatchObject({ status: "rejected", reason: "account_frozen" });
    expect((await orderNow(bobs, exchange)).status).toBe("open");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    await setAccount("ALICE", "active");
    const again = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    expect((await orderNow(again, exchange)).status).toBe("open");
    expect(await violations(exchange)).toEqual([]);
  });

  test("succeeds with a queue that cannot be reached, and the sweeper tells that market", async () => {
    const eth = { market: "ETH-USDT", side: "buy", type: "limit", price: "100", quantity: "1" } as const;
    const order = accepted(await place(exchange, "ALICE", eth));
    await exchange.matchAll();
    expect(await setAccount("ALICE", "frozen", unreachable("ETH-USDT"))).toMatchObject({ status: "frozen" });
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("open");
    clock.advance(MINUTE_MS);
    expect(await resent()).toEqual(["ETH-USDT 1"]);
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("cancelled");
  });

  test("and unfreezing it at once > every market ends with the higher number", async () => {
    const commands: Parameters<typeof exchange.queue.send>[] = [];
    const send: Ports["queue"]["send"] = async (...call) => void commands.push(call);
    await setAccount("ALICE", "frozen", { ...exchange, queue: { send } });
    await setAccount("ALICE", "active", { ...exchange, queue: { send } });
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    for (const command of commands.reverse()) await exchange.queue.send(...command);
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("open");
    for (const market of MARKETS)
      expect(await wishOf(market)).toMatchObject({ desired: "active", number: 2n, applied: 2n });
  });
});

describe("what one transaction can tell of", () => {
  test("is as many markets as its hundred items hold, and no more", async () => {
    const [market] = exchange.catalogue.markets.values();
    const withMarkets = (count: number): Ports => {
      const markets = Array.from({ length: count }, (_, index) => [`M${index}`, market] as const);
      return { ...unsent(), catalogue: { ...exchange.catalogue, markets: new Map(markets as []) } };
    };
    expect(await setAccount("ALICE", "frozen", withMarkets(MOST_MARKETS))).toMatchObject({
      status: "frozen",
    });
    await expect(setAccount("BOB", "frozen", withMarkets(MOST_MARKETS + 1))).rejects.toThrow(/90 markets/);
  });
});

describe("what is desired and not applied", () => {
  test("is sent again when it is old enough, until it is applied, and then forgotten", async () => {
    const order = await limit(exchange, "ALICE", ["buy", "100", "1"]);
    await exchange.matchAll();
    await setAccount("ALICE", "frozen", unsent());
    await setMarket("halted", unsent());
    clock.advance(RESEND_AFTER_MS - 1);
    expect(await resent()).toEqual([]);
    clock.advance(1);
    expect((await resent()).sort()).toEqual(["BTC-USDT 1", "BTC-USDT 1", "ETH-BTC 1", "ETH-USDT 1"]);
    await exchange.matchAll();
    expect((await orderNow(order, exchange)).status).toBe("cancelled");
    clock.advance(MINUTE_MS);
    expect(await resendDesiredStates(exchange)).toEqual({ resent: 0, forgotten: 3 });
    for (const market of MARKETS) expect(await wishOf(market)).toBeUndefined();
    const gate = await exchange.store.get({ table: "market-data", key: gateKey("BTC-USDT") });
    expect(gate).toMatchObject({ desired: "halted", status: "halted", number: 1n, applied: 1n });
    expect(await resendDesiredStates(exchange)).toEqual({ resent: 0, forgotten: 0 });
  });

  test("reaches the market although the queue drops duplicates, in a few copies and not one a sweep", async () => {
    await setMarket("halted");
    exchange.createQueue("BTC-USDT", 1n);
    for (let minute = 0; minute < 16; minute++) {
      clock.advance(MINUTE_MS);
      await resendDesiredStates(exchange);
    }
    const { commands } = exchange.receive("BTC-USDT", 10);
    expect(commands.length).toBeGreaterThan(2);
    expect(commands.length).toBeLessThan(9);
    expect(new Set(commands.map(({ command }) => command?.kind))).toEqual(new Set(["set_status"]));
  });

  test("in one market does not wait for another whose queue is away", async () => {
    await setAccount("ALICE", "frozen", unsent());
    await setAccount("BOB", "frozen", unsent());
    clock.advance(MINUTE_MS);
    const { resent: count } = await resendDesiredStates({ ...exchange, ...unreachable("BTC-USDT") });
    expect(count).toBe(4);
    await exchange.matchAll();
    expect(await wishOf("BTC-USDT")).not.toHaveProperty("applied");
    expect(await wishOf("ETH-BTC")).toMatchObject({ applied: 1n });
  });

  test("is not forgotten where a later wish takes its place meanwhile", async () => {
    await setAccount("ALICE", "frozen");
    await exchange.matchAll();
    const store = hookedStore(exchange.store, {
      before: firstTimes(
        1,
        ({ operation, input }) => operation === "write" && "kind" in input && input.kind === "delete",
        async () => {
          await setAccount("ALICE", "active", unsent());
          return undefined;
        },
      ),
    });
    await resendDesiredStates({ ...exchange, store });
    expect(await wishOf("BTC-USDT")).toMatchObject({ desired: "active", number: 2n, applied: 1n });
    clock.advance(MINUTE_MS);
    await resendDesiredStates(exchange);
    await exchange.matchAll();
    for (const market of MARKETS) expect(await wishOf(market)).toMatchObject({ applied: 2n });
  });
});
