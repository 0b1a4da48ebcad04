import type { Deposit } from "../../lib/wallet/deposit-item.ts";
import type { WithdrawalStatus } from "../../lib/wallet/withdrawal-item.ts";
import type { Action } from "./traffic.ts";

export type OrderRef = {
  readonly userId: string;
  readonly orderId: string;
  readonly market: string;
  readonly side: "buy" | "sell";
  /** Its command is known to be in the queue. */
  readonly isSent: boolean;
};

/** What clients were answered, and so may count on for ever. */
export class Memory {
  readonly orders = new Map<string, OrderRef>();
  readonly cancelled: OrderRef[] = [];
  readonly deposits = new Map<string, Deposit>();
  readonly withdrawals: { readonly id: string; readonly userId: string }[] = [];
  readonly decisions = new Map<string, { readonly userId: string; readonly status: WithdrawalStatus }>();
  readonly repeatable: Action[] = [];
  /** Orders of wallets that were robbed, which may come to be suspended; and what undoes the robbery. */
  readonly suspects: { readonly userId: string; readonly orderId: string; readonly market: string }[] = [];
  giveBack: (() => Promise<void>) | undefined;
  /** Suspended orders that an administrator was told are cancelled. */
  readonly resolved: { readonly userId: string; readonly orderId: string }[] = [];
  readonly broken: string[] = [];
  /** Names that stood for one order and then for another. */
  readonly renamed: {
    readonly userId: string;
    readonly text: string;
    readonly before: string;
    readonly after: string;
  }[] = [];
  readonly #named = new Map<string, string>();

  noteOrder(
    order: OrderRef & { readonly name?: string | undefined; readonly key?: string | undefined },
  ): void {
    const { userId, orderId, market, side, isSent } = order;
    this.orders.set(orderId, { userId, orderId, market, side, isSent });
    for (const text of [order.name === undefined ? undefined : `client ${order.name}`, order.key]) {
      if (text === undefined) continue;
      const before = this.#named.get(`${userId} ${text}`);
      if (before !== undefined && before !== orderId)
        this.renamed.push({ userId, text, before, after: orderId });
      this.#named.set(`${userId} ${text}`, orderId);
    }
  }

  noteDeposit(deposit: Deposit): void {
    const before = this.deposits.get(deposit.reference);
    if (before !== undefined && before.id !== deposit.id)
      this.broken.push(`${deposit.reference} was credited twice`);
    this.deposits.set(deposit.reference, deposit);
  }

  noteDecision(
    { id, userId }: { readonly id: string; readonly userId: string },
    status: WithdrawalStatus,
  ): void {
    const before = this.decisions.get(id);
    if (before !== undefined && before.status !== status)
      this.broken.push(`withdrawal ${id} was ${before.status} and then ${status}`);
    this.decisions.set(id, { userId, status });
  }

  ordersOf(userId: string): readonly OrderRef[] {
    return [...this.orders.values()].filter((order) => order.userId === userId);
  }

  someOrder(turn: number): OrderRef | undefined {
    const all = [...this.orders.values()];
    return all[Math.floor(turn * all.length)];
  }
}
