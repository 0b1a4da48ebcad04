import { entryKey, sealedFrom } from "../journal/journal-items.ts";
import { recover } from "../journal/recover.ts";
import type { Market } from "../market/market.ts";
import type { IgnoreReason } from "../matching/event.ts";
import type { MarketState } from "../matching/market-state.ts";
import { advance, type Lessons, NO_LESSONS, type Plan, plan, type QueuedCommand } from "../matching/plan.ts";
import type { CommandQueue, QueueEpoch } from "../ports/command-queue.ts";
import type { ExchangePorts, Random } from "../ports/ports.ts";
import { type Outcome, StoreUnavailable } from "../store/store.ts";
import { classify, type Failure, type Transaction, transactionOf } from "./transaction.ts";

export type MatcherPorts = Pick<ExchangePorts, "store" | "clock" | "log" | "metrics"> & {
  readonly queue: Pick<CommandQueue, "epoch">;
  readonly random: Pick<Random, "fraction">;
};

/** When to stop, milliseconds since 1970: `planBy` is the last moment to begin an entry, `commitBy` to try one again. */
export type Deadlines = { readonly planBy: number; readonly commitBy: number };

type Committed = "ours" | "lost" | "out_of_time" | Extract<Failure, { kind: "not_pending" | "broken" }>;

const EPOCH_AGE_MS = 45_000;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 250;

/**
 * The single consumer of a market's queue. It keeps the market's state between batches, and drops it whenever a commit ends in any
 * way but success: the state is only ever what committed entries give.
 */
export class Matcher {
  readonly #market: Market;
  readonly #ports: MatcherPorts;
  #state: MarketState | undefined;
  #epoch: (QueueEpoch & { readonly readMs: number }) | undefined;

  constructor(market: Market, ports: MatcherPorts) {
    this.#market = market;
    this.#ports = ports;
  }

  /**
   * Takes a batch of the queue, in order.
   * @returns how many of the messages are completed, counted from the first; the others must be delivered again, in order.
   */
  async take(batch: readonly QueuedCommand[], deadlines: Deadlines): Promise<number> {
    try {
      return await this.#takeAll(batch, deadlines);
    } catch (fault) {
      this.#state = undefined;
      throw fault;
    }
  }

  async #takeAll(batch: readonly QueuedCommand[], deadlines: Deadlines): Promise<number> {
    const { clock, log } = this.#ports;
    const trial = new Trial();
    let completed = 0;
    for (;;) {
      const state = await this.#recovered(deadlines);
      const epoch = await this.#currentEpoch(state);
      completed += this.#skip(state, epoch, batch.slice(completed));
      if (completed === batch.length) return completed;
      if (clock.nowMs() >= deadlines.planBy) return completed;
      const planned = plan(
        state,
        { epoch: epoch.id, commands: trial.scope(batch.slice(completed)) },
        trial.lessons,
      );
      const result = await this.#commit(planned, deadlines);
      if (result === "ours") {
        advance(state, planned);
        this.#report(planned, batch.slice(completed, completed + planned.completed));
        completed += planned.completed;
        trial.reset();
        continue;
      }
      if (result === "out_of_time") {
        this.#state = undefined;
        return completed;
      }
      if (result === "lost") {
        this.#state = undefined;
        continue;
      }
      if (result.kind === "not_pending") {
        state.rollBack(planned.savepoint);
        trial.ignore(result.commandIds, planned);
        continue;
      }
      this.#state = undefined;
      if (trial.isLast(planned)) {
        log.error("invariant_broken", new Error("a wallet or order contradicts the journal"), {
          market: this.#market.market,
          users: result.userIds,
        });
        this.#ports.metrics.add("InvariantBroken", "Count", 1);
      }
      trial.broken(result.userIds, planned);
    }
  }

  async #recovered({ planBy }: Deadlines): Promise<MarketState> {
    this.#state ??= await recover(this.#market, planBy, this.#ports);
    return this.#state;
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

  async #commit(planned: Plan, deadlines: Deadlines): Promise<Committed> {
    const { clock, log, metrics } = this.#ports;
    const transaction = transactionOf(planned);
    const startedMs = clock.nowMs();
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#transact(transaction);
      if (outcome?.ok === true) {
        metrics.add("CommitTime", "Milliseconds", clock.nowMs() - startedMs);
        return "ours";
      }
      const failure: Failure =
        outcome === undefined ? { kind: "busy", conflicts: 0 } : classify(outcome.reasons, transaction.slots);
      if (failure.kind === "fence") return await this.#whoCommitted(planned);
      if (failure.kind !== "busy") {
        log.info("commit_refused", {
          market: planned.entry.market,
          version: planned.entry.version,
          kind: failure.kind,
        });
        return failure;
      }
      metrics.add("Conflicts", "Count", failure.conflicts);
      metrics.add("CommitRetries", "Count", 1);
      const pauseMs =
        Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + this.#ports.random.fraction());
      if (clock.nowMs() + pauseMs >= deadlines.commitBy) return "out_of_time";
      await clock.sleep(pauseMs);
    }
  }

  /** No answer is no failure: the same transaction follows, and if the first one took place, its fence says so. */
  async #transact({ writes }: Transaction): Promise<Outcome | undefined> {
    try {
      return await this.#ports.store.transact(writes);
    } catch (fault) {
      if (fault instanceof StoreUnavailable) return undefined;
      throw fault;
    }
  }

  async #whoCommitted({ sealed }: Plan): Promise<"ours" | "lost"> {
    const item = await this.#ports.store.get({
      table: "journal",
      key: entryKey(sealed.market, sealed.version),
    });
    const owner = item !== undefined && sealedFrom(item).hash === sealed.hash ? "ours" : "lost";
    this.#ports.log.info("commit_refused", {
      market: sealed.market,
      version: sealed.version,
      kind: `fence_${owner}`,
    });
    return owner;
  }

  #report({ entry, effects, faults }: Plan, completed: readonly QueuedCommand[]): void {
    const { log, metrics } = this.#ports;
    for (const { commandId, cause } of faults) {
      log.error("engine_fault", cause, { market: entry.market, version: entry.version, commandId });
    }
    if (faults.length > 0) metrics.add("EngineFaults", "Count", faults.length);
    metrics.add("Batches", "Count", 1);
    metrics.add("BatchSize", "Count", completed.length);
    metrics.add("Trades", "Count", effects.trades.length);
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

/** What the attempts at the present entry have shown. Starts anew with each committed entry. */
class Trial {
  lessons: Lessons = NO_LESSONS;
  #strikes = 0;

  reset(): void {
    this.lessons = NO_LESSONS;
    this.#strikes = 0;
  }

  /** After a contradiction that recovery did not mend, commands are tried alone. */
  scope(commands: readonly QueuedCommand[]): readonly QueuedCommand[] {
    return this.#strikes < 2 ? commands : commands.slice(0, 1);
  }

  isLast(planned: Plan): boolean {
    return this.#strikes >= 2 || (this.#strikes === 1 && planned.entry.commands.length <= 1);
  }

  ignore(commandIds: readonly string[], planned: Plan): void {
    const cancels = new Set([...planned.effects.pendingCancels.values()].map(({ commandId }) => commandId));
    const ignore = new Map<string, IgnoreReason>(this.lessons.ignore);
    for (const id of commandIds) ignore.set(id, cancels.has(id) ? "order_closed" : "not_pending");
    this.lessons = { ...this.lessons, ignore };
  }

  /** First recover and plan again; then alone; then without the orders of those whose wallet contradicts the journal. */
  broken(userIds: readonly string[], planned: Plan): void {
    if (this.isLast(planned)) {
      const suspend = new Set(this.lessons.suspend);
      for (const [id, { order }] of planned.effects.orders)
        if (userIds.includes(order.userId)) suspend.add(id);
      const ignore = new Map(this.lessons.ignore);
      for (const { commandId, userId } of planned.effects.pendingCancels.values()) {
        if (userIds.includes(userId)) ignore.set(commandId, "suspended");
      }
      this.lessons = { ignore, suspend };
    }
    this.#strikes += 1;
  }
}
