import type { ClosedStatus, CloseReason } from "./event.ts";
import type { LiveOrder, Side } from "./order.ts";

/** What a run of events does outside of the matcher: to orders, wallets, the depth and the tape. Items are merged, one each. */

export type WalletChange = { available: bigint; locked: bigint };

export type OrderChange = {
  /** Shared with the engine, so it shows the order as it is after all events. */
  readonly order: LiveOrder;
  /** It was pending before: the write needs that condition. */
  readonly isNew: boolean;
  /** It was suspended before, waiting for this command: the write needs that condition. */
  readonly releasedBy?: string;
  readonly status: "open" | "partially_filled" | ClosedStatus;
  readonly reason?: CloseReason | "suspended";
};

export type PendingCancel = {
  readonly orderId: string;
  readonly userId: string;
  readonly reason: CloseReason;
};

export type Trade = {
  readonly maker: LiveOrder;
  readonly taker: LiveOrder;
  readonly priceTicks: bigint;
  readonly lots: bigint;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
};

export class Effects {
  readonly orders = new Map<string, OrderChange>();
  readonly pendingCancels = new Map<string, PendingCancel>();
  /** userId, then asset. */
  readonly wallets = new Map<string, Map<string, WalletChange>>();
  /** Prices whose level changed. */
  readonly levels = { buy: new Set<bigint>(), sell: new Set<bigint>() } satisfies {
    readonly [side in Side]: Set<bigint>;
  };
  readonly trades: Trade[] = [];

  changeWallet(userId: string, asset: string, available: bigint, locked: bigint): void {
    let ofUser = this.wallets.get(userId);
    if (ofUser === undefined) {
      ofUser = new Map();
      this.wallets.set(userId, ofUser);
    }
    const change = ofUser.get(asset);
    if (change === undefined) ofUser.set(asset, { available, locked });
    else {
      change.available += available;
      change.locked += locked;
    }
  }

  changeOrder(change: OrderChange): void {
    const before = this.orders.get(change.order.id);
    const isNew = before?.isNew === true || change.isNew;
    const releasedBy = before?.releasedBy ?? change.releasedBy;
    this.orders.set(change.order.id, {
      ...change,
      isNew,
      ...(releasedBy === undefined ? {} : { releasedBy }),
    });
  }

  /** Adds what later events did. */
  merge(later: Effects): void {
    for (const change of later.orders.values()) this.changeOrder(change);
    for (const [id, cancel] of later.pendingCancels) this.pendingCancels.set(id, cancel);
    for (const [userId, assets] of later.wallets) {
      for (const [asset, { available, locked }] of assets)
        this.changeWallet(userId, asset, available, locked);
    }
    for (const side of ["buy", "sell"] as const)
      for (const price of later.levels[side]) this.levels[side].add(price);
    this.trades.push(...later.trades);
  }
}
