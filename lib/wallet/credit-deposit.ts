import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { countWrite } from "../store/counters.ts";
import { withRetries } from "../store/retries.ts";
import { readAmount } from "./amount.ts";
import { type Deposit, depositFrom, depositItem, depositKey, referenceKey } from "./deposit-item.ts";
import { walletWrite } from "./wallet-item.ts";

export type CreditDeposit = {
  readonly userId: string;
  readonly asset: string;
  readonly amount: string;
  readonly reference: string;
  readonly actor: string;
  readonly requestId: string;
};

export type WalletPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log">;

/** Credits a deposit once per reference: wallet, deposit, reference and audit record in one transaction. */
export async function creditDeposit(
  input: CreditDeposit,
  ports: WalletPorts,
): Promise<Result<{ readonly deposit: Deposit; readonly isNew: boolean }>> {
  const amount = readAmount(input, ports.catalogue);
  if (!amount.ok) return amount;
  const { userId, reference, actor, requestId } = input;
  const user = await ports.store.get({ table: "users", key: { pk: `USER#${userId}`, sk: "PROFILE" } });
  if (user === undefined) return refuse("NOT_FOUND", "User not found");
  const createdAtMs = ports.clock.nowMs();
  const { asset } = amount.value.asset;
  const { units } = amount.value;
  const deposit: Deposit = { id: ports.random.id(createdAtMs), userId, asset, units, reference, createdAtMs };
  const outcome = await withRetries(
    () =>
      ports.store.transact([
        {
          kind: "put",
          table: "wallets",
          item: { ...referenceKey(reference), ...depositItem(deposit) },
          when: [{ attribute: "pk", is: "absent" }],
        },
        {
          kind: "put",
          table: "wallets",
          item: { ...depositKey(userId, deposit.id), ...depositItem(deposit) },
        },
        walletWrite(userId, new Map([[asset, { available: units, credited: units }]])),
        auditWrite({
          id: deposit.id,
          actor,
          action: "deposit_credited",
          entities: [`deposit:${reference}`, `user:${userId}`],
          details: { userId, asset, amount: input.amount },
          timeMs: createdAtMs,
          requestId,
        }),
        countWrite("wallets", { id: deposit.id, add: { deposits: 1n }, timeMs: createdAtMs }),
      ]),
    ports,
  );
  if (!outcome.ok) return await creditedBefore(deposit, ports);
  ports.log.info("deposit_credited", { depositId: deposit.id, userId, asset, amount: input.amount, actor });
  return success({ deposit, isNew: true });
}

/** The reference is known: this very transaction whose answer was lost, the same deposit again, or another one. */
async function creditedBefore(
  deposit: Deposit,
  { store }: WalletPorts,
): Promise<Result<{ readonly deposit: Deposit; readonly isNew: boolean }>> {
  const item = await store.get({ table: "wallets", key: referenceKey(deposit.reference) });
  if (item === undefined) throw new Error(`reference ${deposit.reference} was refused but does not exist`);
  const credited = depositFrom(item);
  const isSame =
    credited.userId === deposit.userId &&
    credited.asset === deposit.asset &&
    credited.units === deposit.units;
  if (!isSame) return refuse("DUPLICATE_REFERENCE");
  return success({ deposit: credited, isNew: credited.id === deposit.id });
}
