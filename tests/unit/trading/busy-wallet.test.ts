import { beforeEach, describe, expect, test } from "vitest";
import type { Result } from "../../../lib/contract/refusal.ts";
import { hotMarkWrite } from "../../../lib/wallet/hot-wallet.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import {
  busy,
  firstTimes,
  type Hooks,
  hookedStore,
  type StoreCall,
  unavailable,
} from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { balance, openAccount, type Ports, place, type Wish } from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";

const BUY: Wish = { side: "buy", type: "limit", price: "50000", quantity: "0.001" };
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore(), { clock });
  await openAccount(exchange, { userId: "ALICE", funds: { USDT: "100000" } });
  await openAccount(exchange, { userId: "BOB", funds: { USDT: "100000" } });
});

const hooked = (hooks: Hooks): Ports => ({ ...exchange, store: hookedStore(exchange.store, hooks) });
const transactions = ({ operation }: StoreCall): boolean => operation === "transact";
const mark = (untilMs: number) => exchange.store.write(hotMarkWrite("ALICE", untilMs));

async function countOf(orders: readonly Promise<Result<unknown>>[]): Promise<Record<string, number>> {
  const codes = (await Promise.all(orders)).map(codeOf);
  return Object.fromEntries(
    [...new Set(codes)].map((code) => [code, codes.filter((c) => c === code).length]),
  );
}

describe("orders of one user in a second", () => {
  test("of many at once no more than the limit pass, and those refused leave the wallet untouched", async () => {
    const limited = { ...exchange, ordersPerSecond: 3 };
    const orders = Array.from({ length: 8 }, () => place(limited, "ALICE", BUY));
    expect(await countOf(orders)).toEqual({ accepted: 3, RATE_LIMITED: 5 });
    expect(await balance(exchange, "ALICE", "USDT")).toBe("99850 + 150");
  });

  test("one after the other, those beyond the limit cost no transaction", async () => {
    let seen = 0;
    const counted = hooked({ before: (call) => void (transactions(call) && seen++) });
    const limited = { ...counted, ordersPerSecond: 2 };
    for (const code of ["accepted", "accepted", "RATE_LIMITED", "RATE_LIMITED"])
      expect(codeOf(await place(limited, "ALICE", BUY))).toBe(code);
    expect(seen).toBe(2);
  });

  test("the next second takes as many again, and nothing of the earlier one is left in the wallet", async () => {
    const limited = { ...exchange, ordersPerSecond: 1 };
    for (let second = 0; second < 3; second++) {
      expect(codeOf(await place(limited, "ALICE", BUY))).toBe("accepted");
      expect(codeOf(await place(limited, "ALICE", BUY))).toBe("RATE_LIMITED");
      clock.advance(1_000);
    }
    const wallet = await exchange.store.get({ table: "wallets", key: walletKey("ALICE") });
    expect(Object.keys(wallet ?? {}).filter((name) => name.startsWith("ordersAt"))).toHaveLength(1);
  });

  test("another user's are counted for themselves", async () => {
    const limited = { ...exchange, ordersPerSecond: 1 };
    expect(codeOf(await place(limited, "ALICE", BUY))).toBe("accepted");
    expect(codeOf(await place(limited, "BOB", BUY))).toBe("accepted");
  });

  test("without a limit any number is accepted", async () => {
    const orders = Array.from({ length: 300 }, () => place(exchange, "ALICE", BUY));
    expect(await countOf(orders)).toEqual({ accepted: 300 });
  });

  test("whose funds are short is told so, and not that calls are too many", async () => {
    const limited = { ...exchange, ordersPerSecond: 1 };
    const short = { ...BUY, quantity: "5" };
    expect(codeOf(await place(limited, "ALICE", short))).toBe("INSUFFICIENT_FUNDS");
  });
});

describe("a wallet that a market waits for", () => {
  test("an order is refused before its first transaction, until the mark has passed", async () => {
    const untouched = hooked({ before: firstTimes(1, transactions, () => expect.unreachable()) });
    await mark(clock.nowMs() + 500);
    expect(codeOf(await place(untouched, "ALICE", BUY))).toBe("RATE_LIMITED");
    clock.advance(500);
    expect(codeOf(await place(exchange, "ALICE", BUY))).toBe("accepted");
  });

  test("other users' orders are accepted", async () => {
    await mark(clock.nowMs() + 500);
    expect(codeOf(await place(exchange, "BOB", BUY))).toBe("accepted");
  });

  test("an order that is under way and meets conflicts gives way, with nothing reserved", async () => {
    const contended = hooked({
      before: async (call) => {
        if (!transactions(call)) return undefined;
        await mark(clock.nowMs() + 60_000);
        return busy(2);
      },
    });
    expect(codeOf(await place(contended, "ALICE", BUY))).toBe("RATE_LIMITED");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });

  test("an order whose reserve may have taken place unheard does not give way: it would be left pending", async () => {
    let attempts = 0;
    const deaf = hooked({
      before: (call) => (transactions(call) && ++attempts === 2 ? busy(2) : undefined),
      after: async (call) => {
        if (!transactions(call) || attempts > 1) return;
        await mark(clock.nowMs() + 60_000);
        throw unavailable();
      },
    });
    expect(codeOf(await place(deaf, "ALICE", BUY))).toBe("accepted");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("99950 + 50");
  });

  test("a withdrawal is refused as well", async () => {
    await mark(clock.nowMs() + 500);
    const input = { userId: "ALICE", asset: "USDT", amount: "250", address: "0xabc", operationId: "W1" };
    expect(codeOf(await requestWithdrawal(input, exchange))).toBe("RATE_LIMITED");
    clock.advance(500);
    expect(codeOf(await requestWithdrawal(input, exchange))).toBe("accepted");
  });
});
