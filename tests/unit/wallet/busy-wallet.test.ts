import { beforeEach, describe, expect, test } from "vitest";
import { hotMarkWrite, isHot } from "../../../lib/wallet/hot-wallet.ts";
import { countOrder, isRateReached } from "../../../lib/wallet/order-rate.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey, walletWrite } from "../../../lib/wallet/wallet-item.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { busy, hookedStore } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { balance, openAccount } from "../../simulation/traders.ts";

let store: MemoryStore;
let clock: VirtualClock;

beforeEach(() => {
  store = new MemoryStore();
  clock = new VirtualClock();
});

describe("the mark of a hot wallet", () => {
  test("stands beside the wallet and is seen until its time", async () => {
    expect(isHot(undefined, 0)).toBe(false);
    await store.write(hotMarkWrite("ALICE", 5_000));
    const mark = await store.get({ table: "wallets", key: { pk: "USER#ALICE", sk: "HOT" } });
    expect(mark).toEqual({ pk: "USER#ALICE", sk: "HOT", hotUntilMs: 5_000n });
    expect([4_999, 5_000, 5_001].map((nowMs) => isHot(mark, nowMs))).toEqual([true, false, false]);
  });

  test("refuses a withdrawal until it is over, and one that finds the wallet busy for too long", async () => {
    const exchange = new InProcessExchange(store, { clock });
    await openAccount(exchange, { userId: "ALICE", funds: { BTC: "10" } });
    const withdraw = (operationId: string, ports: typeof exchange | object = exchange) =>
      requestWithdrawal({ userId: "ALICE", asset: "BTC", amount: "1", address: "bc1", operationId }, {
        ...exchange,
        ...ports,
      } as typeof exchange);
    const limited = { ok: false, refusal: { code: "RATE_LIMITED" } };
    await store.write(hotMarkWrite("ALICE", clock.nowMs() + 100));
    expect(await withdraw("W1")).toEqual(limited);
    clock.advance(100);
    expect((await withdraw("W1")).ok).toBe(true);
    let tries = 0;
    const contended = hookedStore(store, {
      before: async (call) => {
        if (call.operation !== "transact") return undefined;
        if (tries++ === 0) await store.write(hotMarkWrite("ALICE", clock.nowMs() + 60_000));
        return busy(call.input.length);
      },
    });
    expect(await withdraw("W2", { store: contended })).toEqual(limited);
    expect(tries).toBe(1);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("9 + 1");
  });
});

describe("the rate of a user's orders", () => {
  const wallet = () => store.get({ table: "wallets", key: walletKey("ALICE") });
  /** An order that is accepted at a time, or not. */
  async function take(nowMs: number, limit: number | undefined): Promise<boolean> {
    const write = walletWrite("ALICE", new Map(), countOrder(await wallet(), nowMs, limit));
    return (await store.write(write)).ok;
  }

  test("is counted by the second, and no more than the limit pass", async () => {
    const passed: boolean[] = [];
    for (const nowMs of [1_000, 1_500, 1_999, 1_999, 2_000]) passed.push(await take(nowMs, 2));
    expect(passed).toEqual([true, true, false, false, true]);
    expect(isRateReached(await wallet(), 2_500, 2)).toBe(false);
    expect(await take(2_999, 2)).toBe(true);
    expect(isRateReached(await wallet(), 2_999, 2)).toBe(true);
    expect(isRateReached(await wallet(), 3_000, 2)).toBe(false);
  });

  test("leaves counts of earlier seconds behind, and nothing else of the wallet", async () => {
    await store.write(walletWrite("ALICE", new Map([["BTC", { available: 7n }]])));
    for (const nowMs of [1_000, 2_000, 9_000, 9_001]) await take(nowMs, 5);
    expect(await wallet()).toEqual({
      ...walletKey("ALICE"),
      "available:BTC": 7n,
      ordersAt9: 2n,
      revision: 5n,
    });
  });

  test("of a wallet without earlier counts removes none", () => {
    expect(countOrder(undefined, 1_000, 2)).toStrictEqual({
      add: { ordersAt1: 1n },
      when: [{ attribute: "ordersAt1", is: "absent_or_below", to: 2n }],
    });
  });

  test("without a limit is neither counted nor reached", async () => {
    expect(await take(1_000, undefined)).toBe(true);
    expect(await wallet()).toEqual({ ...walletKey("ALICE"), revision: 1n });
    expect(isRateReached(undefined, 1_000, undefined)).toBe(false);
    expect(isRateReached(undefined, 1_000, 0)).toBe(true);
  });
});
