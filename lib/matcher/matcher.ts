import { RecoveryUnfinished, recover } from "../journal/recover.ts";
import type { Market } from "../market/market.ts";
import { EMPTY_HEAD, type MarketState } from "../matching/market-state.ts";
import { advance, type Plan, plan, type QueuedCommand } from "../matching/plan.ts";
import type { CommandQueue, QueueEpoch } from "../ports/command-queue.ts";
import { storeUntil, TimeUp } from "../store/store-until.ts";
import { type CommitPorts, commit } from "./commit.ts";
import { ContendedWallets } from "./contended-wallets.ts";
import { Contradictions } from "./contradictions.ts";
import { WorkingState } from "./working-state.ts";

export type MatcherPorts = CommitPorts & { readonly queue: Pick<CommandQueue, "epoch"> };

/**
 * When to stop, milliseconds since 1970: `recoverBy` is the last moment to go on recovering, `planBy` to begin an entry, `commitBy` to begin
 * any call.
 */
export type Deadlines = { readonly recoverBy: number; readonly planBy: number; readonly commitBy: number };

/** How far a batch was taken. */
export type Taken = {
  /** How many of the messages are completed, counted from the first; the others must be delivered again, in order. */
  readonly completed: number;
  /**
   * `all_done`: nothing is left. `time_up`: there is more to do, and nothing stands in its way. `store_busy`: the store did not take an
   * entry in all of the time.
   */
  readonly ended: "all_done" | "time_up" | "store_busy";
};

const EPOCH_AGE_MS = 45_000;

/**
 * The single consumer of a market's queue. It keeps the market's state between batches, and drops it whenever a commit ends in any
 * way but success: the state is only ever what committed entries give.
 */
export class Matcher {
  readonly #market: Market;
  readonly #ports: MatcherPorts;
  #working: WorkingState | undefined;
  #contradictions = new Contradictions(EMPTY_HEAD);
  #contended: ContendedWallets;
  #epoch: (QueueEpoch & { readonly readMs: number }) | undefined;

  constructor(market: Market, ports: MatcherPorts) {
    this.#market = market;
    this.#ports = ports;
    this.#contended = new ContendedWallets(market.market);
  }

  /** Takes a batch of the queue, in order. */
  async take(batch: readonly QueuedCommand[], deadlines: Deadlines): Promise<Taken> {
    try {
      const taken = await this.#takeAll(batch, deadlines);
      if (taken.completed > 0) this.#contended = new ContendedWallets(this.#market.market);
      return taken;
    } catch (fault) {
      this.#forget();
      if (!(fault instanceof RecoveryUnfinished || fault instanceof TimeUp)) throw fault;
      this.#ports.log.warn("batch_interrupted", { market: this.#market.market, cause: fault.message });
      return { completed: 0, ended: "time_up" };
    }
  }

  async #takeAll(batch: readonly QueuedCommand[], deadlines: Deadlines): Promise<Taken> {
    const { clock } = this.#ports;
    const ports = { ...this.#ports, store: storeUntil(deadlines.commitBy, this.#ports) };
    const contended = this.#contended;
    let completed = 0;
    for (;;) {
      if (clock.nowMs() >= deadlines.planBy) return { completed, ended: "time_up" };
      const working = await this.#recovered(deadlines.recoverBy, ports);
      const { state } = working;
      const epoch = await this.#currentEpoch(state);
      completed += this.#skip(state, epoch, batch.slice(completed));
      if (completed === batch.length) return { completed, ended: "all_done" };
      if (clock.nowMs() >= deadlines.planBy) return { completed, ended: "time_up" };
      const contradictions = this.#contradictionsAfter(state);
      const planned = plan(
        state,
        { epoch: epoch.id, commands: contradictions.scope(batch.slice(completed)) },
        { notPending: working.notPending, contended: contended.userIds, ...contradictions.exclusions },
      );
      const result = await commit(planned, { commitBy: deadlines.commitBy, contended }, ports);
      switch (result.kind) {
        case "ours":
          advance(state, planned);
          working.learnFrom(planned.effects);
          this.#report(planned, batch.slice(completed, completed + planned.completed));
          completed += planned.completed;
          break;
        case "not_pending":
          state.rollBack(planned.savepoint);
          for (const orderId of result.orderIds) working.notPending.add(orderId);
          break;
        case "contended":
          state.rollBack(planned.savepoint);
          break;
        case "lost":
          this.#working = undefined;
          break;
        case "broken":
          this.#working = undefined;
          if (contradictions.add(result.userIds, planned)) this.#raiseAlarm(result.userIds);
          break;
        case "out_of_time":
          this.#forget();
          return { completed, ended: "store_busy" };
      }
    }
  }

  /** Those of an attempt that the time ended are kept: a slow store must not make them begin anew with each delivery. */
  #contradictionsAfter({ head }: MarketState): Contradictions {
    if (!this.#contradictions.isAfter(head)) this.#contradictions = new Contradictions(head);
    return this.#contradictions;
  }

  #forget(): void {
    this.#working = undefined;
    this.#contradictions = new Contradictions(EMPTY_HEAD);
  }

  async #recovered(byMs: number, ports: MatcherPorts): Promise<WorkingState> {
    this.#working ??= new WorkingState(await recover(this.#market, byMs, ports));
    return this.#working;
  }

  /**
   * The identity of the queue that the messages are of. It is read again when the journal names another one, and before it is as old as the
   * minute that AWS lets pass between a queue's deletion and a new one of its name: so no message is ever taken for one of a queue that is
   * older than its own.
   */
  async #currentEpoch({ head }: MarketState): Promise<QueueEpoch> {
    const nowMs = this.#ports.clock.nowMs();
    const known = this.#epoch;
    if (known !== undefined && known.id === head.epoch && nowMs - known.readMs < EPOCH_AGE_MS) return known;
    const read = await this.#ports.queue.epoch(this.#market.market);
    this.#epoch = { ...read, readMs: nowMs };
    return read;
  }

  /** Counts the first messages that have nothing to do any more: of a queue that is gone, or completed before. */
  #skip({ head }: MarketState, { id, createdMs }: QueueEpoch, batch: readonly QueuedCommand[]): number {
    const last = BigInt(head.lastSequence);
    const isDone = ({ sequence, timeMs }: QueuedCommand): boolean =>
      timeMs < createdMs || (id === head.epoch && BigInt(sequence) <= last);
    const first = batch.findIndex((queued) => !isDone(queued));
    return first === -1 ? batch.length : first;
  }

  #raiseAlarm(userIds: readonly string[]): void {
    const { log, metrics } = this.#ports;
    log.error("invariant_broken", new Error("a wallet or order contradicts the journal"), {
      market: this.#market.market,
      users: userIds,
    });
    metrics.add("InvariantBroken", "Count", 1, this.#market);
  }

  #report({ entry, effects, faults }: Plan, completed: readonly QueuedCommand[]): void {
    const { log, metrics } = this.#ports;
    for (const { commandId, cause } of faults) {
      log.error("engine_fault", cause, { market: entry.market, version: entry.version, commandId });
    }
    if (faults.length > 0) metrics.add("EngineFaults", "Count", faults.length, entry);
    metrics.add("Batches", "Count", 1, entry);
    metrics.add("BatchSize", "Count", completed.length, entry);
    metrics.add("Trades", "Count", effects.trades.length, entry);
    log.info("batch_committed", {
      market: entry.market,
      version: entry.version,
      commands: entry.commands,
      correlationIds: completed.map(({ correlationId }) => correlationId),
      events: entry.events.length,
      trades: effects.trades.length,
      orders: effects.orders.size,
      wallets: effects.wallets.size,
      unfinished: entry.continuation !== undefined,
    });
  }
}
