import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { countWrite } from "../store/counters.ts";
import { withRetries } from "../store/retries.ts";
import type { WalletPorts } from "./credit-deposit.ts";
import { walletWrite } from "./wallet-item.ts";
import { type Withdrawal, withdrawalFrom, withdrawalKey, withdrawalOwnerKey } from "./withdrawal-item.ts";

export type Decision =
  | { readonly status: "completed"; readonly transactionId: string }
  | { readonly status: "rejected"; readonly reason: string }
  | { readonly status: "cancelled" };

export type DecideWithdrawal = {
  readonly id: string;
  readonly decision: Decision;
  /** Who decides: an admin, or the owner who cancels. */
  readonly actor: string;
  /** Set where only the owner may decide; another's withdrawal is not found then. */
  readonly ownerId?: string;
  /** Repeated under one idempotency key, it is one decision. */
  readonly operationId: string;
  readonly requestId: string;
};

/** Ends a pending withdrawal once: completing burns what is locked, anything else releases it. */
export async function decideWithdrawal(
  input: DecideWithdrawal,
  ports: WalletPorts,
): Promise<Result<Withdrawal>> {
  const { id, decision, actor, operationId } = input;
  const ownerId = input.ownerId ?? (await ownerOf(id, ports));
  const item =
    ownerId === undefined
      ? undefined
      : await ports.store.get({ table: "wallets", key: withdrawalKey(ownerId, id) });
  if (item === undefined) return refuse("NOT_FOUND", "Withdrawal not found");
  const withdrawal = withdrawalFrom(item);
  const { asset, units, userId } = withdrawal;
  const nowMs = ports.clock.nowMs();
  const decided: Withdrawal = { ...withdrawal, ...decision, updatedAtMs: nowMs };
  if (withdrawal.status !== "pending_approval")
    return item.decidedBy === operationId ? success(withdrawal) : refuse("ALREADY_DECIDED");
  const change =
    decision.status === "completed"
      ? { locked: -units, withdrawn: units }
      : { locked: -units, available: units };
  const outcome = await withRetries(
    () =>
      ports.store.transact([
        {
          kind: "update",
          table: "wallets",
          key: withdrawalKey(userId, id),
          set: { ...decision, updatedAtMs: BigInt(nowMs), decidedBy: operationId },
          when: [{ attribute: "status", is: "equal", to: "pending_approval" }],
        },
        walletWrite(userId, new Map([[asset, change]])),
        auditWrite({
          id: ports.random.id(nowMs),
          actor,
          action: `withdrawal_${decision.status}`,
          entities: [`withdrawal:${id}`, `user:${userId}`],
          details: { userId, asset, ...decision },
          timeMs: nowMs,
          requestId: input.requestId,
        }),
        countWrite("wallets", { id, add: { pendingWithdrawals: -1n } }),
        ...(decision.status === "completed"
          ? [countWrite("wallets", { id, add: { completedWithdrawals: 1n }, timeMs: nowMs })]
          : []),
      ]),
    ports,
  );
  if (!outcome.ok) {
    const now = await ports.store.get({ table: "wallets", key: withdrawalKey(userId, id) });
    if (now?.decidedBy === operationId) return success(withdrawalFrom(now));
    if (now?.status !== "pending_approval") return refuse("ALREADY_DECIDED");
    throw new Error(`withdrawal ${id} cannot be decided: its wallet does not hold what it locked`);
  }
  ports.log.info(`withdrawal_${decision.status}`, { withdrawalId: id, userId, asset, actor });
  return success(decided);
}

async function ownerOf(id: string, { store }: WalletPorts): Promise<string | undefined> {
  const item = await store.get({ table: "wallets", key: withdrawalOwnerKey(id) });
  return item === undefined ? undefined : String(item.ownerId);
}
