import { beforeEach, describe, expect, test } from "vitest";
import { recover } from "../../../lib/journal/recover.ts";
import { saveSnapshot } from "../../../lib/journal/snapshots.ts";
import type { Market } from "../../../lib/market/market.ts";
import {
  differenceOf,
  type ReconciliationPorts,
  readConservation,
} from "../../../lib/reconciliation/conservation.ts";
import { reconciliationView } from "../../../lib/reconciliation/reconciliation-view.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import { requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { accepted, openAccount } from "../../simulation/traders.ts";

const MARKETS = ["BTC-USDT", "ETH-USDT", "ETH-BTC"];
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 2 }), { clock });
  await openAccounts(exchange);
});

async function differences(ports: ReconciliationPorts = exchange): Promise<Record<string, bigint>> {
  const { sums } = await readConservation(ports);
  return Object.fromEntries([...sums].map(([asset, sum]) => [asset, differenceOf(sum)]));
}

const BALANCED = { BTC: 0n, ETH: 0n, USDT: 0n };

/** Reads of a store between which the exchange goes on. */
function whileGoingOn(action: (read: number) => Promise<unknown>): ReconciliationPorts {
  let reads = 0;
  let busy = false;
  const after = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await action(reads++);
    busy = false;
  };
  return { ...exchange, store: hookedStore(exchange.store, { after }) };
}

describe("the conservation of money", () => {
  test("holds for an exchange at rest, with everything that happens on it", async () => {
    await trade({ exchange, clock, orders: 200, seed: 31, markets: MARKETS });
    const withdrawal = { userId: "ALICE", asset: "BTC", amount: "3", address: "a" };
    const first = accepted(
      await requestWithdrawal({ ...withdrawal, operationId: exchange.random.id(clock.nowMs()) }, exchange),
    );
    accepted(
      await requestWithdrawal(
        { ...withdrawal, operationId: exchange.random.id(clock.nowMs() + 1) },
        exchange,
      ),
    );
    const decision = { status: "completed", transactionId: "t" } as const;
    accepted(
      await decideWithdrawal(
        { id: first.id, decision, actor: "ADMIN", operationId: "D1", requestId: "r" },
        exchange,
      ),
    );
    const { sums, heads, wallets } = await readConservation(exchange);
    expect(await differences()).toEqual(BALANCED);
    expect(sums.get("BTC")).toMatchObject({ withdrawn: 300_000_000n, credited: 400_000_000_000n });
    expect(sums.get("USDT")?.fees).toBeGreaterThan(0n);
    expect(wallets).toBe(4);
    expect([...heads.keys()]).toEqual(MARKETS);
    const view = reconciliationView(await readConservation(exchange), {
      catalogue: CATALOGUE,
      timeMs: clock.nowMs(),
    });
    expect(view.balanced).toBe(true);
    expect(
      view.items.map(({ asset, left, right, difference }) => [asset, left === right, difference]),
    ).toEqual([
      ["BTC", true, "0"],
      ["ETH", true, "0"],
      ["USDT", true, "0"],
    ]);
  });

  test.each([41, 42, 43, 44, 45, 46, 47, 48])(
    "holds while trading goes on between any two reads (seed %i)",
    async (seed) => {
      await trade({ exchange, clock, orders: 60, seed, markets: MARKETS });
      let moved = 0;
      const ports = whileGoingOn(async (read) => {
        await trade({ exchange, clock, orders: 6, seed: seed * 1_000 + read, markets: MARKETS });
        moved++;
      });
      expect(await differences(ports)).toEqual(BALANCED);
      expect(moved).toBeGreaterThan(5);
    },
  );

  test("holds while money comes and goes and accounts are opened between any two reads", async () => {
    await trade({ exchange, clock, orders: 40, seed: 51 });
    const ports = whileGoingOn(async (read) => {
      // Each new account is one more to be read.
      if (read >= 40) return;
      await openAccount(exchange, { userId: `NEW${read}`, funds: { USDT: "1000" } });
      const deposit = {
        userId: "BOB",
        asset: "ETH",
        amount: "1",
        reference: `r${read}`,
        actor: "ADMIN",
        requestId: "r",
      };
      accepted(await creditDeposit(deposit, exchange));
      const operationId = exchange.random.id(clock.nowMs());
      const withdrawal = accepted(
        await requestWithdrawal(
          { userId: "ALICE", asset: "BTC", amount: "1", address: "a", operationId },
          exchange,
        ),
      );
      const decision = { status: "completed", transactionId: "t" } as const;
      await decideWithdrawal(
        { id: withdrawal.id, decision, actor: "ADMIN", operationId: `D${read}`, requestId: "r" },
        exchange,
      );
      await trade({ exchange, clock, orders: 2, seed: 600 + read });
    });
    expect(await differences(ports)).toEqual(BALANCED);
  });

  test("holds while snapshots are taken above the heads that were read", async () => {
    await trade({ exchange, clock, orders: 30, seed: 61 });
    const market = CATALOGUE.markets.get("BTC-USDT") as Market;
    const ports = whileGoingOn(async (read) => {
      await trade({ exchange, clock, orders: 4, seed: 700 + read });
      await saveSnapshot(await recover(market, Number.POSITIVE_INFINITY, exchange), exchange);
    });
    expect(await differences(ports)).toEqual(BALANCED);
  });

  test.each<[string, string, Record<string, bigint>]>([
    ["available:BTC", "one unit more than there is", { BTC: 1n }],
    ["locked:ETH", "locked out of nothing", { ETH: 1n }],
    ["credited:USDT", "credited without arriving", { USDT: -1n }],
    ["withdrawn:USDT", "withdrawn without leaving", { USDT: 1n }],
  ])("shows %s that was changed by hand: %s", async (attribute, _, difference) => {
    await trade({ exchange, clock, orders: 30, seed: 71, markets: MARKETS });
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("BOB"),
      add: { [attribute]: 1n },
    });
    expect(await differences()).toEqual({ ...BALANCED, ...difference });
    const view = reconciliationView(await readConservation(exchange), { catalogue: CATALOGUE, timeMs: 0 });
    expect(view.balanced).toBe(false);
  });

  test("holds for an exchange on which nothing ever happened", async () => {
    const empty = new InProcessExchange(new MemoryStore());
    expect(await differences(empty)).toEqual(BALANCED);
  });
});
