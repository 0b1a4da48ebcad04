import { unitsText } from "../market/market.ts";
import { type Command, enteringOrder } from "./command.ts";
import { Effects } from "./effects.ts";
import { execute, type Progress } from "./engine.ts";
import { type Entry, type LevelChanges, type SealedEntry, seal } from "./entry.ts";
import type { Event, IgnoreReason } from "./event.ts";
import type { Continuation, Head, MarketState } from "./market-state.ts";
import type { Side } from "./order.ts";

/** A transaction has 100 items at most, and one is the entry itself. */
const MAX_ITEMS = 99;
const WALLET = "wallet ";

/** A message of the market's queue. `command` is missing where it could not be read. */
export type QueuedCommand = {
  readonly id: string;
  /** Of the request that caused it, for the log. */
  readonly correlationId: string;
  /** The queue's sequence number: up to 128 bit, as text. */
  readonly sequence: string;
  /** When it was sent, milliseconds since 1970. */
  readonly timeMs: number;
  readonly command: Command | undefined;
};

/** What a plan leaves out because of failed attempts to commit an earlier one. Ids are those of orders, a release's is its own. */
export type Exclusions = {
  /** Not pending: where they are not in the book either, nothing is left to be done to them. */
  readonly notPending: Pick<ReadonlySet<string>, "has">;
  /** Pending ones that cannot be cancelled, because their wallet does not have what they hold. */
  readonly unreleasable: Pick<ReadonlySet<string>, "has">;
  /** To be taken off the book for an admin, halting the market. */
  readonly suspended: ReadonlySet<string>;
  /**
   * Users whose wallet others keep writing. The entry ends before the first command that needs one, so that nobody before it waits; an entry
   * that begins with such a command takes all the others of those users as well, for the wallet is then needed once.
   */
  readonly contended: Pick<ReadonlySet<string>, "has">;
};

export const NO_EXCLUSIONS: Exclusions = {
  notPending: new Set(),
  unreleasable: new Set(),
  suspended: new Set(),
  contended: new Set(),
};

export type Plan = {
  readonly entry: Entry;
  readonly sealed: SealedEntry;
  readonly effects: Effects;
  /** How many of the batch's messages this entry completes, from the first on. */
  readonly completed: number;
  /** Restores the state; for a plan that was not committed. */
  readonly savepoint: number;
  /** Commands on which the engine threw: each is a bug that somebody must look at. */
  readonly faults: readonly EngineFault[];
};

export type EngineFault = { readonly commandId: string; readonly cause: unknown };

/**
 * Plans one entry: the rest of an unfinished command, then as many of the batch as fit into one transaction. The state shows the
 * plan's outcome until it is kept (`advance`) or rolled back.
 */
export function plan(
  state: MarketState,
  batch: { epoch: string; commands: readonly QueuedCommand[] },
  exclusions = NO_EXCLUSIONS,
): Plan {
  const draft = new Draft(state, exclusions.contended);
  const { continuation } = state;
  let last: QueuedCommand | Continuation | undefined;
  let unfinished: Continuation | undefined;
  let completed = 0;
  if (exclusions.suspended.size > 0) draft.suspend(exclusions.suspended);
  if (continuation !== undefined) {
    // Where its order has just been suspended, nothing of it is left to do; to run it would open the order again.
    const isSuspended = exclusions.suspended.has(enteringOrder(continuation.command)?.id ?? "");
    if (!isSuspended && draft.run(continuation.command) === "out_of_room") unfinished = continuation;
    else {
      draft.complete(continuation.command.id);
      last = continuation;
    }
  }
  if (unfinished === undefined) {
    for (const queued of batch.commands) {
      // The message of a continuation that has just been finished is complete as well.
      if (continuation?.epoch === batch.epoch && continuation.sequence === queued.sequence) {
        completed++;
        continue;
      }
      const progress = draft.take(queued, exclusions);
      if (progress === "out_of_room") {
        if (queued.command !== undefined && draft.isCut()) {
          unfinished = { epoch: batch.epoch, sequence: queued.sequence, command: queued.command };
          draft.seen(queued.timeMs);
        }
        break;
      }
      draft.complete(queued.id);
      draft.seen(queued.timeMs);
      last = queued;
      completed++;
    }
  }
  state.setContinuation(unfinished);
  const sameEpoch = last === undefined || !("epoch" in last) || last.epoch === batch.epoch;
  const before = state.head.epoch === batch.epoch ? state.head.lastSequence : "0";
  const entry: Entry = {
    market: state.market.market,
    version: state.head.version + 1,
    previousHash: state.head.hash,
    epoch: batch.epoch,
    lastSequence: last !== undefined && sameEpoch ? last.sequence : before,
    timeMs: draft.timeMs,
    commands: draft.commands,
    events: draft.events,
    levels: {
      buy: levelChanges(state, draft.effects, "buy"),
      sell: levelChanges(state, draft.effects, "sell"),
    },
    fees: { ...state.fees },
    ...(state.head.version === 0 ? { units: unitsText(state.market) } : {}),
    ...(unfinished === undefined ? {} : { continuation: unfinished }),
  };
  return {
    entry,
    sealed: seal(entry),
    effects: draft.effects,
    completed,
    savepoint: draft.savepoint,
    faults: draft.faults,
  };
}

/** Makes a committed plan the state. */
export function advance(state: MarketState, committed: { entry: Entry; sealed: SealedEntry }): void {
  state.keep();
  state.head = headOf(committed);
}

export function headOf({ entry, sealed }: { entry: Entry; sealed: SealedEntry }): Head {
  const { version, epoch, lastSequence, timeMs } = entry;
  return { version, hash: sealed.hash, epoch, lastSequence, timeMs };
}

export function levelChanges(state: MarketState, effects: Effects, side: Side): LevelChanges {
  return [...effects.levels[side]].map((price) => [price, state.book.lotsAt(side, price)] as const);
}

/** An entry in the making: events so far, what they do, and the items that a transaction of them needs. */
class Draft {
  readonly effects = new Effects();
  readonly events: Event[] = [];
  readonly commands: string[] = [];
  readonly faults: EngineFault[] = [];
  readonly savepoint: number;
  timeMs: number;
  readonly #state: MarketState;
  readonly #contended: Exclusions["contended"];
  readonly #items = new Set<string>();
  #cut = false;

  constructor(state: MarketState, contended: Exclusions["contended"]) {
    this.#state = state;
    this.#contended = contended;
    this.savepoint = state.savepoint();
    this.timeMs = state.head.timeMs;
  }

  complete(commandId: string): void {
    this.commands.push(commandId);
  }

  seen(timeMs: number): void {
    if (timeMs > this.timeMs) this.timeMs = timeMs;
  }

  /** True where the entry ends in the middle of a command. */
  isCut(): boolean {
    return this.#cut;
  }

  suspend(orderIds: ReadonlySet<string>): void {
    const state = this.#state;
    for (const orderId of orderIds) {
      if (state.book.get(orderId) !== undefined || state.taker?.id === orderId)
        this.#add({ type: "suspended", orderId });
    }
    this.#add({ type: "status_set", status: "halted" });
  }

  take({ id, command }: QueuedCommand, exclusions: Exclusions): Progress {
    if (command === undefined) return this.#ignore(id, "unreadable");
    const reason = this.#futile(command, exclusions);
    if (reason !== undefined) return this.#ignore(id, reason);
    if (!exclusions.suspended.has(enteringOrder(command)?.id ?? "")) return this.run(command);
    if (command.kind !== "place") return this.#ignore(id, "suspended");
    this.#add({ type: "opened", order: command.order });
    this.#add({ type: "suspended", orderId: id });
    return "done";
  }

  /** A command runs whole, or, where it is the entry's first, up to the point where the transaction is full. */
  run(command: Command): Progress {
    const isFirst = this.events.length === 0;
    // Even what did nothing is worth an entry of its own where the next command would have it wait for somebody's wallet.
    const isAlone = isFirst && this.commands.length === 0;
    const savepoint = this.#state.savepoint();
    const events: Event[] = [];
    const effects = new Effects();
    const items = new Set(this.#items);
    const emit = (event: Event): Progress => {
      const needed = itemsOf(this.#state, event);
      if (!isAlone && needed.some((item) => this.#waitsFor(item))) return "out_of_room";
      for (const item of needed) items.add(item);
      if (items.size > MAX_ITEMS) return "out_of_room";
      this.#state.apply(event, effects);
      events.push(event);
      return "done";
    };
    let progress: Progress;
    try {
      progress = execute(this.#state, command, emit);
    } catch (cause) {
      this.faults.push({ commandId: command.id, cause });
      // One command's fault must not touch the others, nor block the market: it is journalled, and its order will be voided.
      this.#state.rollBack(savepoint);
      const { taker } = this.#state;
      // The command had begun in an earlier entry: its order cannot be left half matched.
      if (taker !== undefined) this.#add({ type: "suspended", orderId: taker.id });
      return this.#ignore(command.id, "engine_fault");
    }
    const isFull = items.size > MAX_ITEMS;
    if (progress === "out_of_room" && !(isFirst && isFull)) {
      this.#state.rollBack(savepoint);
      return progress;
    }
    this.#cut = progress === "out_of_room";
    this.events.push(...events);
    this.effects.merge(effects);
    for (const item of items) this.#items.add(item);
    return progress;
  }

  /** A wallet that this entry needs anyway costs no more when it is needed again. */
  #waitsFor(item: string): boolean {
    return (
      item.startsWith(WALLET) && this.#contended.has(item.slice(WALLET.length)) && !this.#items.has(item)
    );
  }

  /** Why a command about one order has nothing to do: this very entry did it already, or attempts have shown it. The book alone shows neither. */
  #futile(command: Command, { notPending, unreleasable }: Exclusions): IgnoreReason | undefined {
    const isCancel = command.kind === "cancel";
    const orderId = isCancel ? command.orderId : enteringOrder(command)?.id;
    if (orderId === undefined || this.#state.book.get(orderId) !== undefined) return undefined;
    if (this.effects.orders.has(orderId) || this.effects.pendingCancels.has(orderId))
      return isCancel ? "order_closed" : "duplicate";
    if (notPending.has(isCancel ? orderId : command.id)) return isCancel ? "order_closed" : "not_pending";
    return isCancel && unreleasable.has(orderId) ? "suspended" : undefined;
  }

  #ignore(commandId: string, reason: IgnoreReason): Progress {
    this.#add({ type: "ignored", commandId, reason });
    return "done";
  }

  #add(event: Event): void {
    for (const item of itemsOf(this.#state, event)) this.#items.add(item);
    this.#state.apply(event, this.effects);
    this.events.push(event);
  }
}

/** The items that an event writes. */
function itemsOf(state: MarketState, event: Event): readonly string[] {
  switch (event.type) {
    case "opened":
    case "released":
      return [`order ${event.order.id}`];
    case "rested":
      return [`order ${state.taker?.id}`];
    case "filled": {
      const maker = state.book.get(event.makerId);
      const { taker } = state;
      return [
        `order ${event.makerId}`,
        `${WALLET}${maker?.userId}`,
        `order ${taker?.id}`,
        `${WALLET}${taker?.userId}`,
      ];
    }
    case "closed": {
      const order = state.book.get(event.orderId) ?? state.taker;
      return [`order ${event.orderId}`, `${WALLET}${order?.userId}`];
    }
    case "suspended":
      return [`order ${event.orderId}`];
    case "pending_cancelled":
      return [`order ${event.orderId}`, `${WALLET}${event.userId}`];
    case "status_set":
      return ["gate"];
    case "account_status_set":
      return [`desired ${event.userId}`];
    case "ignored":
      return [];
  }
}
