import { beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "../../../lib/audit/list-audit.ts";
import { StoreUnavailable } from "../../../lib/store/store.ts";
import { type CreditDeposit, creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { listDeposits } from "../../../lib/wallet/list-wallet.ts";
import { depositView } from "../../../lib/wallet/wallet-view.ts";
import { busy, firstTimes, hookedStore, type StoreCall, unavailable } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { accepted, balance, openAccount } from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";

let exchange: InProcessExchange;

beforeEach(async () => {
  exchange = new InProcessExchange(new MemoryStore());
  for (const userId of ["ALICE", "BOB"]) await openAccount(exchange, { userId, funds: {} });
});

const credit = (change: Partial<CreditDeposit> = {}, ports: Parameters<typeof creditDeposit>[1] = exchange) =>
  creditDeposit(
    {
      userId: "ALICE",
      asset: "BTC",
      amount: "1.5",
      reference: "tx-1",
      actor: "ADMIN",
      requestId: "r",
      ...change,
    },
    ports,
  );

describe("a deposit", () => {
  test("is credited, recorded and audited", async () => {
    const { deposit, isNew } = accepted(await credit());
    expect(isNew).toBe(true);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("1.5 + 0");
    expect((await listDeposits("ALICE", { limit: 5 }, exchange)).items).toEqual([deposit]);
    expect(depositView(deposit, exchange.catalogue)).toMatchObject({
      asset: "BTC",
      amount: "1.5",
      reference: "tx-1",
    });
    const { items } = await exchange.store.query({ table: "audit", index: "actor", pk: "ADMIN" });
    expect(items).toMatchObject([{ action: "deposit_credited" }]);
    for (const entity of ["deposit:tx-1", "user:ALICE"]) {
      const found = accepted(await listAudit({ entity, limit: 5 }, exchange));
      expect(found.items).toMatchObject([{ entities: ["deposit:tx-1", "user:ALICE"] }]);
    }
    expect(await violations(exchange)).toEqual([]);
  });

  test.each<[Partial<CreditDeposit>, string]>([
    [{ asset: "DOGE" }, "VALIDATION_ERROR"],
    [{ amount: "x" }, "VALIDATION_ERROR"],
    [{ amount: "-1" }, "VALIDATION_ERROR"],
    [{ amount: "0" }, "VALIDATION_ERROR"],
    [{ amount: "0.000000001" }, "VALIDATION_ERROR"],
    [{ amount: "1".repeat(16) }, "VALIDATION_ERROR"],
    [{ userId: "NOBODY" }, "NOT_FOUND"],
  ])("with %j is refused as %s, and its reference stays free", async (change, code) => {
    expect(codeOf(await credit(change))).toBe(code);
    expect(accepted(await credit()).isNew).toBe(true);
  });

  test("again under its reference is credited once, and the first one is the answer", async () => {
    const first = accepted(await credit());
    const again = accepted(await credit({ amount: "1.50", actor: "OTHER" }));
    expect(again).toEqual({ deposit: first.deposit, isNew: false });
    expect(await balance(exchange, "ALICE", "BTC")).toBe("1.5 + 0");
  });

  test.each<Partial<CreditDeposit>>([
    { amount: "1.6" },
    { asset: "ETH", amount: "0.00000000015" },
    { userId: "BOB" },
  ])("under a reference that stands for other terms than %j is refused", async (change) => {
    await credit();
    expect(codeOf(await credit(change))).toBe("DUPLICATE_REFERENCE");
    expect(await balance(exchange, "BOB", "BTC")).toBe("0 + 0");
  });

  test("many times at once is credited once", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => credit()));
    expect(all.map((each) => accepted(each).isNew).filter(Boolean)).toHaveLength(1);
    expect(new Set(all.map((each) => accepted(each).deposit.id)).size).toBe(1);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("1.5 + 0");
  });

  test("whose answer is lost is known by its id, and is new to its caller", async () => {
    const lose = firstTimes(
      1,
      ({ operation }) => operation === "transact",
      () => {
        throw unavailable();
      },
    );
    const ports = { ...exchange, store: hookedStore(exchange.store, { after: lose }) };
    expect(accepted(await credit({}, ports)).isNew).toBe(true);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("1.5 + 0");
  });

  test("that is refused as known under a reference that nothing stands for fails loudly", async () => {
    const before = (call: StoreCall) =>
      call.operation === "transact"
        ? { ok: false as const, reasons: [{ code: "condition" as const }] }
        : undefined;
    const ports = { ...exchange, store: hookedStore(exchange.store, { before }) };
    await expect(credit({}, ports)).rejects.toThrow("reference tx-1 was refused but does not exist");
  });

  test("while the store stays busy fails without a credit", async () => {
    const before = (call: { readonly operation: string }) =>
      call.operation === "transact" ? busy(4) : undefined;
    const ports = { ...exchange, store: hookedStore(exchange.store, { before }) };
    await expect(credit({}, ports)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await balance(exchange, "ALICE", "BTC")).toBe("0 + 0");
  });

  test("of the smallest and the largest amounts are exact", async () => {
    const most = `${"9".repeat(15)}.${"9".repeat(18)}`;
    await credit({ asset: "ETH", amount: most, reference: "a" });
    await credit({ asset: "ETH", amount: "0.000000000000000001", reference: "b" });
    expect(await balance(exchange, "ALICE", "ETH")).toBe("1000000000000000 + 0");
  });

  test("is one of a list, newest first, in pages of any size", async () => {
    for (let index = 0; index < 9; index++)
      await credit({ reference: `tx-${index}`, amount: `${index + 1}` });
    for (const limit of [1, 2, 4, 9, 50]) {
      const amounts: bigint[] = [];
      let after: string | undefined;
      do {
        const page = await listDeposits("ALICE", { limit, after }, exchange);
        amounts.push(...page.items.map(({ units }) => units / 100_000_000n));
        after = page.next;
      } while (after !== undefined);
      expect(amounts).toEqual([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    }
  });
});
