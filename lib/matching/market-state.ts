import { type Market, type MarketStatus, notional } from "../market/market.ts";
import { Book } from "./book.ts";
import type { AccountStatus, Command } from "./command.ts";
import type { Effects } from "./effects.ts";
import type { Event } from "./event.ts";
import {
  holdAsset,
  type LiveOrder,
  limitPrice,
  receivedAsset,
  remainingHold,
  remainingLots,
  toLive,
} from "./order.ts";

/** A command whose transaction was full before it was done. Whoever plans next finishes it first. */
export type Continuation = {
  readonly epoch: string;
  readonly sequence: string;
  readonly command: Command;
};

/** A status and the number of the change that set it: no change with that number or a lower one counts any more. */
export type Numbered<S> = { readonly status: S; readonly number: number };

/** Where a market's journal stands; changes only when an entry is committed. */
export type Head = {
  readonly version: number;
  readonly hash: string;
  /** The queue's identity, and the sequence number of its last completed command. */
  readonly epoch: string;
  readonly lastSequence: string;
  readonly timeMs: number;
};

export const EMPTY_HEAD: Head = { version: 0, hash: "", epoch: "", lastSequence: "0", timeMs: 0 };

/**
 * All that a market remembers. Events are the only way to change it, and every change can be taken back until it is kept:
 * a plan that could not be committed must leave no trace.
 */
export class MarketState {
  readonly market: Market;
  readonly book = new Book();
  /** Of every account whose status has ever changed. */
  readonly accounts = new Map<string, Numbered<AccountStatus>>();
  /** Earned since the market's beginning, in smallest units. */
  readonly fees = { base: 0n, quote: 0n };
  head: Head = EMPTY_HEAD;
  status: MarketStatus = "open";
  /** The number of the last change of the status that was asked for. */
  statusNumber = 0;
  /** The order that is being matched: set between events of one command, and across entries only with a continuation. */
  taker: LiveOrder | undefined;
  continuation: Continuation | undefined;
  readonly #undo: (() => void)[] = [];

  constructor(market: Market) {
    this.market = market;
  }

  isFrozen(userId: string): boolean {
    return this.accounts.get(userId)?.status === "frozen";
  }

  savepoint(): number {
    return this.#undo.length;
  }

  /** Takes back all changes since the savepoint, the last first. */
  rollBack(savepoint: number): void {
    while (this.#undo.length > savepoint) this.#undo.pop()?.();
  }

  /** Makes all changes final. */
  keep(): void {
    this.#undo.length = 0;
  }

  setContinuation(continuation: Continuation | undefined): void {
    const before = this.continuation;
    this.#undo.push(() => {
      this.continuation = before;
    });
    this.continuation = continuation;
  }

  /** Applies one event and notes in `effects` what it does to orders, wallets, levels and the tape. */
  apply(event: Event, effects: Effects): void {
    switch (event.type) {
      case "opened": {
        const order = toLive(event.order);
        this.#setTaker(order);
        effects.changeOrder({ order, isNew: true, status: "open" });
        return;
      }
      case "filled":
        this.#fill(event, effects);
        return;
      case "rested":
        this.#rest(effects);
        return;
      case "closed":
        this.#close(event, effects);
        return;
      case "pending_cancelled": {
        const { orderId, userId, side, hold, reason } = event;
        effects.pendingCancels.set(orderId, { orderId, userId, reason });
        effects.changeWallet(userId, holdAsset(this.market, side), hold, -hold);
        return;
      }
      case "suspended": {
        const order = this.#take(event.orderId, effects);
        effects.changeOrder({ order, isNew: false, status: openStatus(order), reason: "suspended" });
        return;
      }
      case "released": {
        const order = { ...event.order };
        this.#setTaker(order);
        const { commandId: releasedBy } = event;
        effects.changeOrder({ order, isNew: false, releasedBy, status: openStatus(order) });
        return;
      }
      case "status_set": {
        const { status, statusNumber } = this;
        this.#undo.push(() => Object.assign(this, { status, statusNumber }));
        this.status = event.status;
        this.statusNumber = event.number ?? statusNumber;
        return;
      }
      case "account_status_set": {
        const { userId, status, number } = event;
        const before = this.accounts.get(userId);
        this.#undo.push(() =>
          before === undefined ? this.accounts.delete(userId) : this.accounts.set(userId, before),
        );
        this.accounts.set(userId, { status, number });
        return;
      }
      case "ignored":
        return;
    }
  }

  #fill(event: Event & { readonly type: "filled" }, effects: Effects): void {
    const { taker, market } = this;
    if (taker === undefined) throw new Error("a fill needs a taker");
    const maker = this.book.get(event.makerId);
    if (maker === undefined || maker.side === taker.side)
      throw new Error(`order ${event.makerId} cannot be this fill's maker`);
    const { lots, makerFee, takerFee } = event;
    if (lots <= 0n || lots > remainingLots(maker))
      throw new Error(`order ${maker.id} cannot fill ${lots} lots`);
    const priceTicks = limitPrice(maker);
    const quote = notional(market, priceTicks, lots);
    this.#reduceResting(maker, lots);
    this.#fillOrder(maker, { lots, quote, fee: makerFee, effects });
    this.#fillOrder(taker, { lots, quote, fee: takerFee, effects });
    this.#addFee(maker, makerFee);
    this.#addFee(taker, takerFee);
    effects.levels[maker.side].add(priceTicks);
    effects.trades.push({ maker, taker, priceTicks, lots, makerFee, takerFee });
    if (remainingLots(maker) === 0n) {
      this.#undo.push(this.book.remove(maker.id));
      effects.changeOrder({ order: maker, isNew: false, status: "filled" });
    } else effects.changeOrder({ order: maker, isNew: false, status: "partially_filled" });
    if (taker.quantityLots !== undefined && remainingLots(taker) === 0n) {
      this.#setTaker(undefined);
      effects.changeOrder({ order: taker, isNew: false, status: "filled" });
    } else effects.changeOrder({ order: taker, isNew: false, status: "partially_filled" });
  }

  /** Settles one side of a fill: what the fill no longer needs of the hold goes back, what was received arrives less its fee. */
  #fillOrder(order: LiveOrder, fill: { lots: bigint; quote: bigint; fee: bigint; effects: Effects }): void {
    const { market } = this;
    const holdBefore = remainingHold(market, order);
    const before = { filledLots: order.filledLots, filledQuote: order.filledQuote, fee: order.fee };
    this.#undo.push(() => Object.assign(order, before));
    order.filledLots += fill.lots;
    order.filledQuote += fill.quote;
    order.fee += fill.fee;
    const base = fill.lots * market.lotUnits;
    const [paid, received] = order.side === "buy" ? [fill.quote, base] : [base, fill.quote];
    const released = holdBefore - remainingHold(market, order);
    if (released < paid || fill.fee > received)
      throw new Error(`order ${order.id} would pay more than it holds or receives`);
    fill.effects.changeWallet(order.userId, holdAsset(market, order.side), released - paid, -released);
    fill.effects.changeWallet(order.userId, receivedAsset(market, order.side), received - fill.fee, 0n);
  }

  #rest(effects: Effects): void {
    const order = this.taker;
    if (order === undefined) throw new Error("there is no taker to rest");
    this.#setTaker(undefined);
    this.book.add(order);
    this.#undo.push(() => {
      this.book.remove(order.id);
    });
    effects.levels[order.side].add(limitPrice(order));
    effects.changeOrder({ order, isNew: false, status: openStatus(order) });
  }

  #close(event: Event & { readonly type: "closed" }, effects: Effects): void {
    const order = this.#take(event.orderId, effects);
    const hold = remainingHold(this.market, order);
    effects.changeWallet(order.userId, holdAsset(this.market, order.side), hold, -hold);
    const reason = event.reason === undefined ? {} : { reason: event.reason };
    effects.changeOrder({ order, isNew: false, status: event.status, ...reason });
  }

  /** Takes an order out of the market, be it the taker or on the book. */
  #take(orderId: string, effects: Effects): LiveOrder {
    if (this.taker?.id === orderId) {
      const order = this.taker;
      this.#setTaker(undefined);
      return order;
    }
    const order = this.book.get(orderId);
    if (order === undefined) throw new Error(`order ${orderId} is not in the market`);
    this.#undo.push(this.book.remove(orderId));
    effects.levels[order.side].add(limitPrice(order));
    return order;
  }

  #setTaker(order: LiveOrder | undefined): void {
    const before = this.taker;
    this.#undo.push(() => {
      this.taker = before;
    });
    this.taker = order;
  }

  #reduceResting(maker: LiveOrder, lots: bigint): void {
    this.book.reduceLevel(maker, lots);
    this.#undo.push(() => this.book.reduceLevel(maker, -lots));
  }

  #addFee(order: LiveOrder, fee: bigint): void {
    const kind = order.side === "buy" ? "base" : "quote";
    this.fees[kind] += fee;
    this.#undo.push(() => {
      this.fees[kind] -= fee;
    });
  }
}

export function openStatus(order: LiveOrder): "open" | "partially_filled" {
  return order.filledLots === 0n ? "open" : "partially_filled";
}
