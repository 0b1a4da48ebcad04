import { beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "../../../lib/audit/list-audit.ts";
import { type Decision, decideWithdrawal } from "../../../lib/wallet/decide-withdrawal.ts";
import { getWithdrawal, listAllWithdrawals, listWithdrawals } from "../../../lib/wallet/list-wallet.ts";
import { type RequestWithdrawal, requestWithdrawal } from "../../../lib/wallet/request-withdrawal.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { balanceViews, withdrawalView } from "../../../lib/wallet/wallet-view.ts";
import type { Withdrawal, WithdrawalStatus } from "../../../lib/wallet/withdrawal-item.ts";
import { firstTimes, type Hooks, hookedStore, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, openAccount } from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";
import { pagesOf } from "../../support/pages.ts";

type Ports = Parameters<typeof requestWithdrawal>[1];
let exchange: InProcessExchange;
let drawn = 0;

beforeEach(async () => {
  exchange = new InProcessExchange(new MemoryStore());
  for (const userId of ["ALICE", "BOB"]) await openAccount(exchange, { userId, funds: { BTC: "10" } });
});

function id(): string {
  return exchange.random.id(exchange.clock.nowMs() + drawn++);
}

const request = (change: Partial<RequestWithdrawal> = {}, ports: Ports = exchange) =>
  requestWithdrawal(
    { userId: "ALICE", asset: "BTC", amount: "1", address: "bc1", operationId: id(), ...change },
    ports,
  );

const COMPLETED: Decision = { status: "completed", transactionId: "tx-9" };
const decide = (
  withdrawal: Withdrawal,
  decision: Decision = COMPLETED,
  change: { ownerId?: string; operationId?: string } = {},
  ports: Ports = exchange,
) =>
  decideWithdrawal(
    { id: withdrawal.id, decision, actor: "ADMIN", operationId: id(), requestId: "r", ...change },
    ports,
  );

function around(hooks: Hooks): Ports {
  return { ...exchange, store: hookedStore(exchange.store, hooks) };
}

const transacts = ({ operation }: { readonly operation: string }) => operation === "transact";
const lost = () =>
  firstTimes(1, transacts, () => {
    throw unavailable();
  });

describe("a withdrawal", () => {
  test("locks its amount at once, the fee inside it", async () => {
    const withdrawal = accepted(await request({ amount: "2.5" }));
    expect(withdrawalView(withdrawal, exchange.catalogue)).toMatchObject({
      asset: "BTC",
      amount: "2.5",
      fee: "0.0002",
      address: "bc1",
      status: "pending_approval",
      transactionId: null,
      reason: null,
    });
    expect(await balance(exchange, "ALICE", "BTC")).toBe("7.5 + 2.5");
    expect(accepted(await getWithdrawal({ userId: "ALICE", id: withdrawal.id }, exchange))).toEqual(
      withdrawal,
    );
    expect(codeOf(await getWithdrawal({ userId: "BOB", id: withdrawal.id }, exchange))).toBe("NOT_FOUND");
    expect(await violations(exchange)).toEqual([]);
  });

  test.each<[Partial<RequestWithdrawal>, string]>([
    [{ asset: "DOGE" }, "VALIDATION_ERROR"],
    [{ amount: "x" }, "VALIDATION_ERROR"],
    [{ amount: "0" }, "VALIDATION_ERROR"],
    [{ amount: "0.0002" }, "VALIDATION_ERROR"],
    [{ amount: "10.00000001" }, "INSUFFICIENT_FUNDS"],
    [{ asset: "ETH", amount: "1" }, "INSUFFICIENT_FUNDS"],
    [{ userId: "NOBODY" }, "INSUFFICIENT_FUNDS"],
  ])("with %j is refused as %s, and nothing is locked", async (change, code) => {
    expect(codeOf(await request(change))).toBe(code);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("10 + 0");
  });

  test("of just more than the fee, and of everything, is accepted", async () => {
    expect(codeOf(await request({ amount: "0.00020001" }))).toBe("accepted");
    expect(codeOf(await request({ amount: "9.99979999" }))).toBe("accepted");
    expect(await balance(exchange, "ALICE", "BTC")).toBe("0 + 10");
  });

  test("of a frozen account is refused, also where the freeze comes between the look and the write", async () => {
    const freeze = async (): Promise<undefined> => {
      await exchange.store.write({
        kind: "update",
        table: "wallets",
        key: walletKey("ALICE"),
        set: { frozen: true },
      });
    };
    expect(codeOf(await request({}, around({ before: firstTimes(1, transacts, freeze) })))).toBe(
      "ACCOUNT_FROZEN",
    );
    expect(codeOf(await request())).toBe("ACCOUNT_FROZEN");
    expect(codeOf(await request({ amount: "99" }))).toBe("ACCOUNT_FROZEN");
  });

  test("twice under one operation, or with its answer lost, is one", async () => {
    const operationId = id();
    const first = accepted(await request({ operationId }, around({ after: lost() })));
    expect(accepted(await request({ operationId }))).toEqual(first);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("9 + 1");
  });

  test("many at once lock no more than there is", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => request({ amount: "3" })));
    expect(all.map(codeOf).sort()).toEqual([
      "INSUFFICIENT_FUNDS",
      "INSUFFICIENT_FUNDS",
      "INSUFFICIENT_FUNDS",
      "accepted",
      "accepted",
      "accepted",
    ]);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("1 + 9");
  });
});

describe("the decision on a withdrawal", () => {
  test.each<[Decision, string, string]>([
    [COMPLETED, "9 + 0", "withdrawal_completed"],
    [{ status: "rejected", reason: "address unknown" }, "10 + 0", "withdrawal_rejected"],
    [{ status: "cancelled" }, "10 + 0", "withdrawal_cancelled"],
  ])("%j leaves a balance of %s and its record", async (decision, left, action) => {
    const withdrawal = accepted(await request());
    const decided = accepted(await decide(withdrawal, decision));
    expect(decided).toMatchObject(decision);
    expect(accepted(await getWithdrawal({ userId: "ALICE", id: withdrawal.id }, exchange))).toEqual(decided);
    expect(await balance(exchange, "ALICE", "BTC")).toBe(left);
    for (const entity of [`withdrawal:${withdrawal.id}`, "user:ALICE"]) {
      // The operations' ids in these tests are ahead of the clock.
      const { items } = accepted(await listAudit({ entity, to: "2026-01-02", limit: 5 }, exchange));
      const seen = items.map((record) => `${record.action} by ${record.actor}`);
      expect(seen).toEqual(expect.arrayContaining(["withdrawal_requested by ALICE", `${action} by ADMIN`]));
      expect(seen.includes("deposit_credited by test")).toBe(entity === "user:ALICE");
    }
    expect(await violations(exchange)).toEqual([]);
  });

  test("is made once", async () => {
    const withdrawal = accepted(await request());
    accepted(await request());
    accepted(await decide(withdrawal));
    expect(codeOf(await decide(withdrawal))).toBe("ALREADY_DECIDED");
    expect(codeOf(await decide(withdrawal, { status: "rejected", reason: "late" }))).toBe("ALREADY_DECIDED");
    expect(await balance(exchange, "ALICE", "BTC")).toBe("8 + 1");
  });

  test("that was made is known from the withdrawal, without another transaction", async () => {
    const withdrawal = accepted(await request());
    accepted(await decide(withdrawal));
    let transactions = 0;
    const counting = around({ before: (call) => void (transacts(call) && transactions++) });
    expect(codeOf(await decide(withdrawal, COMPLETED, {}, counting))).toBe("ALREADY_DECIDED");
    expect(transactions).toBe(0);
  });

  test("by several at once is one decision", async () => {
    const withdrawal = accepted(await request());
    // Another one is open, so that the wallet holds enough for both decisions.
    accepted(await request());
    const decisions: readonly Decision[] = [
      COMPLETED,
      { status: "rejected", reason: "no" },
      { status: "cancelled" },
      COMPLETED,
    ];
    const all = await Promise.all(decisions.map((decision) => decide(withdrawal, decision)));
    expect(all.map(codeOf).sort()).toEqual([
      "ALREADY_DECIDED",
      "ALREADY_DECIDED",
      "ALREADY_DECIDED",
      "accepted",
    ]);
    const winner = all.find((each) => each.ok);
    expect(accepted(await getWithdrawal({ userId: "ALICE", id: withdrawal.id }, exchange))).toMatchObject({
      status: winner?.ok && winner.value.status,
    });
    expect(await violations(exchange)).toEqual([]);
  });

  test("under one operation, or with its answer lost, is told again", async () => {
    const withdrawal = accepted(await request());
    const operationId = id();
    const first = accepted(await decide(withdrawal, COMPLETED, { operationId }, around({ after: lost() })));
    expect(accepted(await decide(withdrawal, COMPLETED, { operationId }))).toEqual(first);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("9 + 0");
  });

  test("on another's withdrawal, or on none, finds none", async () => {
    const withdrawal = accepted(await request());
    expect(codeOf(await decide(withdrawal, { status: "cancelled" }, { ownerId: "BOB" }))).toBe("NOT_FOUND");
    expect(codeOf(await decide({ ...withdrawal, id: id() }))).toBe("NOT_FOUND");
    expect(codeOf(await decide(withdrawal, { status: "cancelled" }, { ownerId: "ALICE" }))).toBe("accepted");
  });

  test("that the wallet contradicts fails loudly, and nothing is burnt", async () => {
    const withdrawal = accepted(await request());
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("ALICE"),
      set: { "locked:BTC": 5n },
    });
    await expect(decide(withdrawal)).rejects.toThrow(/does not hold/);
    expect(accepted(await getWithdrawal({ userId: "ALICE", id: withdrawal.id }, exchange)).status).toBe(
      "pending_approval",
    );
  });
});

describe("lists of withdrawals", () => {
  async function many(): Promise<readonly Withdrawal[]> {
    const made: Withdrawal[] = [];
    const decisions: readonly (Decision | undefined)[] = [
      undefined,
      COMPLETED,
      { status: "rejected", reason: "no" },
      { status: "cancelled" },
      undefined,
    ];
    for (let index = 0; index < 15; index++) {
      const withdrawal = accepted(
        await request({ userId: index % 3 === 0 ? "BOB" : "ALICE", amount: `0.${index + 1}` }),
      );
      const decision = decisions[index % decisions.length];
      made.unshift(decision === undefined ? withdrawal : accepted(await decide(withdrawal, decision)));
    }
    return made;
  }

  test("are newest first, each once, in pages of any size: a user's own, and all of them by status", async () => {
    const made = await many();
    for (const limit of [1, 2, 3, 7, 15, 100]) {
      expect(await pagesOf((after) => listWithdrawals("ALICE", { limit, after }, exchange))).toEqual(
        made.filter(({ userId }) => userId === "ALICE"),
      );
      const statuses: readonly (WithdrawalStatus | undefined)[] = [
        undefined,
        "pending_approval",
        "completed",
        "rejected",
        "cancelled",
      ];
      for (const status of statuses) {
        const wanted = made.filter((each) => status === undefined || each.status === status);
        expect(await pagesOf((after) => listAllWithdrawals(status, { limit, after }, exchange))).toEqual(
          wanted,
        );
      }
    }
  });

  test("are full pages of the wanted status, the last of which says so", async () => {
    const made = await many();
    const page = async (status: WithdrawalStatus | undefined, limit: number, after?: string) => {
      const { items, next } = await listAllWithdrawals(status, { limit, after }, exchange);
      return [items.map(({ id }) => id), next] as const;
    };
    const all = made.map(({ id }) => id);
    expect(await page(undefined, 14)).toEqual([all.slice(0, 14), all[13]]);
    expect(await page(undefined, 15)).toEqual([all, undefined]);
    expect(await page(undefined, 16)).toEqual([all, undefined]);
    const pending = made.filter(({ status }) => status === "pending_approval").map(({ id }) => id);
    expect(pending).toHaveLength(6);
    expect(await page("pending_approval", 5)).toEqual([pending.slice(0, 5), pending[4]]);
    expect(await page("pending_approval", 6)).toEqual([pending, undefined]);
    expect(await page("pending_approval", 5, pending[4])).toEqual([pending.slice(5), undefined]);
  });

  test("end where the only more ones are of one status, and are empty where there are none", async () => {
    expect(await listAllWithdrawals(undefined, { limit: 2 }, exchange)).toEqual({ items: [] });
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.unshift(accepted(await request()).id);
    const { items, next } = await listAllWithdrawals(undefined, { limit: 2 }, exchange);
    expect(items.map((each) => each.id)).toEqual(ids.slice(0, 2));
    expect(next).toBe(ids[1]);
  });

  test("longer than what is read at once show each once", async () => {
    for (let count = 0; count < 101; count++) await request({ amount: "0.001" });
    const { items } = await listAllWithdrawals(undefined, { limit: 200 }, exchange);
    expect(new Set(items.map((each) => each.id)).size).toBe(101);
    expect(items).toHaveLength(101);
  });

  test("show each once and as it is, also where one is decided while the list is being read", async () => {
    const made = await many();
    const [pending, another] = made.filter(({ status }) => status === "pending_approval") as [
      Withdrawal,
      Withdrawal,
    ];
    // Between the reading of those that are pending and of those that are completed.
    const store = hookedStore(exchange.store, {
      before: firstTimes(
        1,
        (call) => call.operation === "query" && call.input.pk === "completed",
        async (): Promise<undefined> => void (await decide(pending)),
      ),
    });
    const { items } = await listAllWithdrawals(undefined, { limit: 100 }, { store });
    expect(items.map((each) => each.id)).toEqual(made.map((each) => each.id));
    expect(items.find((each) => each.id === pending.id)?.status).toBe("completed");
    const second = hookedStore(exchange.store, {
      after: firstTimes(
        1,
        ({ operation }) => operation === "query",
        async () => void (await decide(another)),
      ),
    });
    const listed = await listAllWithdrawals("pending_approval", { limit: 100 }, { store: second });
    expect(listed.items.every(({ status }) => status === "pending_approval")).toBe(true);
    expect(listed.items).toHaveLength(4);
  });
});

test("balances are shown for every asset of the exchange, what is locked inside the total, also those never touched", async () => {
  accepted(await request({ amount: "2.5" }));
  const wallet = await exchange.store.get({ table: "wallets", key: walletKey("ALICE") });
  expect(balanceViews(wallet, exchange.catalogue)).toEqual([
    { asset: "BTC", available: "7.5", locked: "2.5", total: "10" },
    { asset: "ETH", available: "0", locked: "0", total: "0" },
    { asset: "USDT", available: "0", locked: "0", total: "0" },
  ]);
  expect(balanceViews(undefined, exchange.catalogue).map(({ total }) => total)).toEqual(["0", "0", "0"]);
});
