import { beforeEach, describe, expect, test } from "vitest";
import { checkWallet } from "../../../lib/reconciliation/check-wallet.ts";
import type { Item } from "../../../lib/store/store.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted, limit } from "../../simulation/traders.ts";

let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 3 }), { clock });
  await openAccounts(exchange);
  await trade({ exchange, clock, orders: 100, seed: 81, markets: ["BTC-USDT", "ETH-BTC"] });
  await limit(exchange, "ALICE", ["buy", "50", "1"]);
  for (const operationId of ["W1", "W2", "W3"]) {
    accepted(
      await requestWithdrawal(
        { userId: "ALICE", asset: "BTC", amount: "1", address: "a", operationId: idOf(operationId) },
        exchange,
      ),
    );
  }
  const decision = { status: "completed", transactionId: "t" } as const;
  accepted(
    await decideWithdrawal(
      { id: idOf("W1"), decision, actor: "ADMIN", operationId: "D1", requestId: "r" },
      exchange,
    ),
  );
  const rejection = { status: "rejected", reason: "no" } as const;
  accepted(
    await decideWithdrawal(
      { id: idOf("W2"), decision: rejection, actor: "ADMIN", operationId: "D2", requestId: "r" },
      exchange,
    ),
  );
});

function idOf(name: string): string {
  return name.padStart(26, "0");
}

const check = (userId = "ALICE") => checkWallet(userId, exchange);
const change = (item: { readonly add?: Record<string, bigint>; readonly set?: Item }, userId = "ALICE") =>
  exchange.store.write({ kind: "update", table: "wallets", key: walletKey(userId), ...item });

describe("a wallet", () => {
  test("is what its records give, with pending and resting orders, deposits, and withdrawals of every status", async () => {
    for (const userId of ["ALICE", "BOB", "CAROL", "DAVE", "NOBODY"]) expect(await check(userId)).toEqual([]);
  });

  test.each<[string, { add?: Record<string, bigint>; set?: Item }, RegExp]>([
    [
      "locks more than its records",
      { add: { "locked:USDT": 1n } },
      /USDT of ALICE: locked is \d+, its records give \d+/,
    ],
    ["locks less than its records", { add: { "locked:BTC": -1n } }, /BTC of ALICE: locked/],
    ["was credited more", { add: { "credited:ETH": 1n } }, /ETH of ALICE: credited/],
    ["has withdrawn more", { add: { "withdrawn:BTC": 1n } }, /BTC of ALICE: withdrawn/],
    ["has less than nothing available", { set: { "available:USDT": -1n } }, /USDT of ALICE is negative/],
    ["has less than nothing locked", { set: { "locked:ETH": -1n } }, /ETH of ALICE is negative/],
    ["has an asset that nothing gave it", { set: { "locked:DOGE": 1n } }, /DOGE of ALICE: locked/],
  ])("that %s is found", async (_, planted, message) => {
    await change(planted);
    expect((await check()).join("; ")).toMatch(message);
    expect(await check("BOB")).toEqual([]);
  });

  test("that is lost is found by its records", async () => {
    await exchange.store.write({ kind: "delete", table: "wallets", key: walletKey("ALICE") });
    expect((await check()).length).toBeGreaterThan(2);
  });

  test.each<[string, string]>([
    ["a deposit", "DEPOSIT#"],
    ["a withdrawal", "WITHDRAWAL#"],
  ])("of which %s is lost is found", async (_, prefix) => {
    const { items } = await exchange.store.query({
      table: "wallets",
      pk: "USER#ALICE",
      from: prefix,
      to: `${prefix}~`,
    });
    const lost = items.find(({ status }) => status !== "rejected");
    await exchange.store.write({
      kind: "delete",
      table: "wallets",
      key: { pk: String(lost?.pk), sk: String(lost?.sk) },
    });
    expect(await check()).toHaveLength(1);
  });

  test("of which an order is lost is found", async () => {
    const [live] = (await exchange.store.query({ table: "orders", index: "live", pk: "ALICE" })).items;
    await exchange.store.write({
      kind: "delete",
      table: "orders",
      key: { pk: String(live?.pk), sk: String(live?.sk) },
    });
    expect((await check()).join()).toMatch(/locked/);
  });

  test("that changes while it is read is read again until it holds still", async () => {
    let changes = 0;
    let isInside = false;
    const after = async (): Promise<void> => {
      if (isInside || changes >= 25) return;
      isInside = true;
      changes++;
      await trade({ exchange, clock, orders: 8, seed: 900 + changes });
      const deposit = {
        userId: "ALICE",
        asset: "ETH",
        amount: "1",
        reference: `d${changes}`,
        actor: "A",
        requestId: "r",
      };
      accepted(await creditDeposit(deposit, exchange));
      isInside = false;
    };
    expect(
      await checkWallet("ALICE", { ...exchange, store: hookedStore(exchange.store, { after }) }),
    ).toEqual([]);
    expect(changes).toBe(25);
  });

  test("that never holds still is reported as that", async () => {
    const after = async (): Promise<void> => void (await change({ add: { revision: 1n } }));
    const found = await checkWallet("ALICE", { ...exchange, store: hookedStore(exchange.store, { after }) });
    expect(found).toMatchObject([/changed during each/]);
  });
});
