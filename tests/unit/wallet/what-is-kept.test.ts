import { beforeEach, describe, expect, test } from "vitest";
import type { Detail, Result } from "../../../lib/contract/refusal.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import { getWithdrawal } from "../../../lib/wallet/list-wallet.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { amountText, depositView, withdrawalView } from "../../../lib/wallet/wallet-view.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, openAccount } from "../../simulation/traders.ts";

let exchange: InProcessExchange;
let log: RecordingLog;
let clock: VirtualClock;

beforeEach(async () => {
  log = new RecordingLog();
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore(), { log, clock });
  await openAccount(exchange, { userId: "ALICE", funds: { BTC: "10" } });
  log.lines.length = 0;
});

const credit = (asset = "BTC", amount = "1.5", userId = "ALICE") =>
  creditDeposit({ userId, asset, amount, reference: "tx-1", actor: "ADMIN", requestId: "R" }, exchange);
const withdraw = (amount = "1", asset = "BTC") =>
  requestWithdrawal({ userId: "ALICE", asset, amount, address: "bc1", operationId: "W1" }, exchange);
const reject = (id = "W1") =>
  decideWithdrawal(
    {
      id,
      decision: { status: "rejected", reason: "no such address" },
      actor: "ADMIN",
      operationId: "D1",
      requestId: "R",
    },
    exchange,
  );

function refusalOf(result: Result<unknown>) {
  return result.ok ? undefined : result.refusal;
}

function stored(pk: string, sk: string) {
  return exchange.store.get({ table: "wallets", key: { pk, sk } });
}

describe("the table of wallets", () => {
  test("holds a deposit under its user and under its reference", async () => {
    const { deposit } = accepted(await credit());
    const kept = { id: deposit.id, userId: "ALICE", asset: "BTC", units: 150_000_000n, reference: "tx-1" };
    const createdAtMs = BigInt(deposit.createdAtMs);
    expect(await stored("USER#ALICE", `DEPOSIT#${deposit.id}`)).toMatchObject({ ...kept, createdAtMs });
    expect(await stored("REFERENCE#tx-1", "REFERENCE")).toMatchObject({ ...kept, createdAtMs });
  });

  test("holds a withdrawal under its user, and whose it is under its id", async () => {
    const { createdAtMs } = accepted(await withdraw());
    clock.advance(1_000);
    accepted(await reject());
    expect(await stored("USER#ALICE", "WITHDRAWAL#W1")).toEqual({
      pk: "USER#ALICE",
      sk: "WITHDRAWAL#W1",
      id: "W1",
      userId: "ALICE",
      asset: "BTC",
      units: 100_000_000n,
      feeUnits: 20_000n,
      address: "bc1",
      status: "rejected",
      reason: "no such address",
      decidedBy: "D1",
      createdAtMs: BigInt(createdAtMs),
      updatedAtMs: BigInt(createdAtMs + 1_000),
    });
    expect(await stored("WITHDRAWAL#W1", "OWNER")).toMatchObject({ ownerId: "ALICE" });
  });

  test("holds what was ever credited and withdrawn, beside what there is", async () => {
    accepted(await withdraw());
    const decision = { status: "completed", transactionId: "tx-9" } as const;
    accepted(
      await decideWithdrawal(
        { id: "W1", decision, actor: "ADMIN", operationId: "D1", requestId: "R" },
        exchange,
      ),
    );
    expect(await stored("USER#ALICE", "WALLET")).toMatchObject({
      "available:BTC": 900_000_000n,
      "locked:BTC": 0n,
      "credited:BTC": 1_000_000_000n,
      "withdrawn:BTC": 100_000_000n,
      revision: 3n,
    });
  });
});

describe("the audit", () => {
  const recordsOf = async (entity: string) =>
    (await exchange.store.query({ table: "audit", index: "entity", pk: entity })).items;

  test("says whom a deposit was credited to, how much, and in which request", async () => {
    const { deposit } = accepted(await credit());
    const [record] = await recordsOf("deposit:tx-1");
    expect(record).toMatchObject({ sk: deposit.id, actor: "ADMIN", requestId: "R" });
    expect(JSON.parse(String(record?.details))).toEqual({ userId: "ALICE", asset: "BTC", amount: "1.5" });
  });

  test("says how a withdrawal was decided, whose it was, and in which request", async () => {
    await withdraw();
    await reject();
    const [asked, record] = await recordsOf("withdrawal:W1");
    expect(asked).toMatchObject({ action: "withdrawal_requested", actor: "ALICE" });
    expect(JSON.parse(String(asked?.details))).toMatchObject({ asset: "BTC", amount: "1" });
    expect(record).toMatchObject({ action: "withdrawal_rejected", actor: "ADMIN", requestId: "R" });
    expect(JSON.parse(String(record?.details))).toEqual({
      userId: "ALICE",
      asset: "BTC",
      status: "rejected",
      reason: "no such address",
    });
  });
});

test("the log tells of what comes, what is asked for, refused and decided", async () => {
  const { deposit } = accepted(await credit());
  await withdraw("99");
  await withdraw();
  await reject();
  const about = { userId: "ALICE", asset: "BTC" };
  expect(log.lines).toEqual([
    {
      level: "info",
      event: "deposit_credited",
      fields: { ...about, depositId: deposit.id, amount: "1.5", actor: "ADMIN" },
    },
    { level: "warn", event: "withdrawal_refused", fields: { ...about, available: "1150000000" } },
    { level: "info", event: "withdrawal_requested", fields: { ...about, withdrawalId: "W1", amount: "1" } },
    { level: "info", event: "withdrawal_rejected", fields: { ...about, withdrawalId: "W1", actor: "ADMIN" } },
  ]);
});

describe("a refusal says what is wrong", () => {
  test.each<[string, string, Detail]>([
    ["DOGE", "1", { path: "asset", message: "is none of BTC, ETH, USDT" }],
    ["BTC", "x", { path: "amount", message: "is not a decimal number" }],
    ["BTC", "0.000000001", { path: "amount", message: "has more than 8 decimals" }],
    ["BTC", "1".repeat(16), { path: "amount", message: "is too large" }],
    ["BTC", "0", { path: "amount", message: "must be greater than zero" }],
  ])("with an amount of %s %s", async (asset, amount, detail) => {
    const refusal = { code: "VALIDATION_ERROR", details: [detail] };
    expect(refusalOf(await credit(asset, amount))).toEqual(refusal);
    expect(refusalOf(await withdraw(amount, asset))).toEqual(refusal);
  });

  test("with a withdrawal that the fee would eat", async () => {
    const message = "must be more than the fee of 0.0002 BTC";
    expect(refusalOf(await withdraw("0.0002"))).toEqual({
      code: "VALIDATION_ERROR",
      details: [{ path: "amount", message }],
    });
  });

  test("with what does not exist", async () => {
    expect(refusalOf(await credit("BTC", "1", "NOBODY"))).toEqual({
      code: "NOT_FOUND",
      message: "User not found",
    });
    const none = { code: "NOT_FOUND", message: "Withdrawal not found" };
    expect(refusalOf(await reject("NONE"))).toEqual(none);
    expect(refusalOf(await getWithdrawal({ userId: "ALICE", id: "NONE" }, exchange))).toEqual(none);
  });
});

describe("views", () => {
  const createdAtMs = Date.UTC(2026, 10, 24, 12);

  test("show a deposit in the asset's unit, and when it came", () => {
    const deposit = { id: "D", userId: "ALICE", asset: "ETH", units: 5n, reference: "r", createdAtMs };
    expect(depositView(deposit, exchange.catalogue)).toEqual({
      id: "D",
      userId: "ALICE",
      asset: "ETH",
      amount: "0.000000000000000005",
      reference: "r",
      createdAt: "2026-11-24T12:00:00.000Z",
    });
  });

  test("show a withdrawal with what was decided, and when", () => {
    const withdrawal = {
      id: "W",
      userId: "ALICE",
      asset: "BTC",
      units: 150_000_000n,
      feeUnits: 20_000n,
      address: "bc1",
      status: "completed",
      transactionId: "tx-9",
      reason: "by hand",
      createdAtMs,
      updatedAtMs: createdAtMs + 1_000,
    } as const;
    expect(withdrawalView(withdrawal, exchange.catalogue)).toEqual({
      id: "W",
      userId: "ALICE",
      asset: "BTC",
      amount: "1.5",
      fee: "0.0002",
      address: "bc1",
      status: "completed",
      transactionId: "tx-9",
      reason: "by hand",
      createdAt: "2026-11-24T12:00:00.000Z",
      updatedAt: "2026-11-24T12:00:01.000Z",
    });
  });

  test("of an asset that is not defined fail, rather than guess its decimals", () => {
    expect(() => amountText("DOGE", 1n, exchange.catalogue)).toThrow("asset DOGE is not defined");
  });
});
