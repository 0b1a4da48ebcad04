import { beforeEach, describe, expect, test } from "vitest";
import { readDashboard } from "../../../lib/admin/dashboard.ts";
import { setMarketStatus } from "../../../lib/admin/set-market-status.ts";
import { updateUser } from "../../../lib/admin/users/update-user.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, limit, openAccount, place } from "../../simulation/traders.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 5, 15, 12);
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(() => {
  clock = new VirtualClock();
  clock.advance(NOON - clock.nowMs());
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 3 }), { clock });
});

function id(): string {
  return exchange.random.id(clock.nowMs());
}

async function register(status: "active" | "frozen" = "active"): Promise<string> {
  const userId = id();
  await openAccount(exchange, { userId, funds: {} });
  if (status === "frozen") {
    const change = { userId, status, actor: "ADMIN", requestId: "r", correlationId: "c" } as const;
    accepted(await updateUser(change, exchange));
  }
  return userId;
}

async function deposit(userId: string, asset: string, amount: string): Promise<void> {
  accepted(
    await creditDeposit({ userId, asset, amount, reference: id(), actor: "ADMIN", requestId: "r" }, exchange),
  );
}

describe("the dashboard", () => {
  test("of an exchange on which nothing has happened is all zeros", async () => {
    expect(await readDashboard(exchange)).toMatchObject({
      time: "2026-06-15T12:00:00.000Z",
      users: { total: 0, active: 0, frozen: 0, newToday: 0 },
      withdrawals: { pending: 0, today: 0 },
      deposits: { today: 0 },
      deadLetterDepth: 0,
      markets: [
        { market: "BTC-USDT", status: "open", openOrders: 0, volume24h: "0", trades24h: 0, queueDepth: 0 },
        { market: "ETH-USDT" },
        { market: "ETH-BTC" },
      ],
    });
  });

  test("counts users, and those of today by UTC", async () => {
    clock.advance(-13 * HOUR_MS);
    for (let index = 0; index < 4; index++) await register();
    clock.advance(HOUR_MS);
    await register();
    await register("frozen");
    clock.advance(12 * HOUR_MS);
    expect((await readDashboard(exchange)).users).toEqual({ total: 6, active: 5, frozen: 1, newToday: 2 });
  });

  test("adds up a market's last day, its open orders, its fees and what waits for it", async () => {
    clock.advance(-30 * HOUR_MS);
    exchange = new InProcessExchange(new MemoryStore({ pageItems: 3 }), { clock });
    const [alice, bob] = [await register(), await register()];
    await deposit(alice, "BTC", "100");
    await deposit(bob, "USDT", "100000");
    const tradeOnce = async (): Promise<void> => {
      await limit(exchange, alice, ["sell", "100", "2"]);
      accepted(await place(exchange, bob, { side: "buy", type: "limit", price: "100", quantity: "2" }));
      await exchange.matchAll();
    };
    // A day is the present hour and the 23 before it.
    for (const hours of [0, 6, 1, 22, 1]) {
      clock.advance(hours * HOUR_MS);
      await tradeOnce();
    }
    await limit(exchange, alice, ["sell", "200", "1"]);
    await exchange.matchAll();
    await exchange.project();
    await limit(exchange, alice, ["sell", "200", "1"]);
    const operation = { operationId: id(), correlationId: "c", requestId: "r" };
    await setMarketStatus({ market: "BTC-USDT", status: "halted", actor: "ADMIN", ...operation }, exchange);
    const [market] = (await readDashboard(exchange)).markets;
    expect(market).toMatchObject({
      status: "halted",
      openOrders: 1,
      trades24h: 3,
      volume24h: "6",
      quoteVolume24h: "600",
      feesEarned: [
        { asset: "BTC", amount: "0.02" },
        { asset: "USDT", amount: "1" },
      ],
      queueDepth: 2,
    });
  });

  test("counts what waits for an administrator, and the actions of today", async () => {
    const alice = await register();
    clock.advance(-20 * HOUR_MS);
    await deposit(alice, "BTC", "10");
    clock.advance(20 * HOUR_MS);
    for (let index = 0; index < 4; index++) await deposit(alice, "BTC", "1");
    const withdrawals = [id(), id(), id(), id(), id()];
    for (const operationId of withdrawals)
      accepted(
        await requestWithdrawal(
          { userId: alice, asset: "BTC", amount: "1", address: "a", operationId },
          exchange,
        ),
      );
    const decide = async (index: number, decision: Parameters<typeof decideWithdrawal>[0]["decision"]) =>
      accepted(
        await decideWithdrawal(
          { id: withdrawals[index] ?? "", decision, actor: "ADMIN", operationId: id(), requestId: "r" },
          exchange,
        ),
      );
    await decide(0, { status: "completed", transactionId: "t" });
    await decide(1, { status: "rejected", reason: "no" });
    expect(await readDashboard(exchange)).toMatchObject({
      withdrawals: { pending: 3, today: 1 },
      deposits: { today: 4 },
    });
  });
});
