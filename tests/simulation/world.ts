import { resendDesiredStates } from "../../lib/desired-state/resend-desired-states.ts";
import type { CommandQueue } from "../../lib/ports/command-queue.ts";
import type { Clock, LogFields, Metrics, Random, RequestLog } from "../../lib/ports/ports.ts";
import { type Store, StoreUnavailable } from "../../lib/store/store.ts";
import { sweepPendingOrders } from "../../lib/trading/sweep.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import type { Adversary } from "./adversary.ts";
import type { Calls } from "./calls.ts";
import { CountingRandom } from "./effects.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import { Queues } from "./queues.ts";
import { Reconciler } from "./reconciler.ts";
import { Replicas } from "./replicas.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import { Stillness } from "./stillness.ts";
import { StoreCalls } from "./store-calls.ts";
import { WarmMatchers } from "./warm-matchers.ts";
import { WarmProjectors } from "./warm-projectors.ts";

/** How much time an invocation has, and how long a commit takes: together they decide how far one gets with a long command. */
const FUNCTION_MS = [5_000, 3_500] as const;
const COMMIT_MS = [0, 60, 900] as const;
/** How many items an answer may hold: with three, also a short journal is read in pages. */
const PAGES = [3, 1_000] as const;

/** All that a use case may want of the outside, for one process. */
export type WorldPorts = {
  readonly catalogue: typeof CATALOGUE;
  readonly store: Store;
  readonly queue: CommandQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RequestLog;
  readonly metrics: Metrics;
};

/** The exchange around its real use cases: processes, queues, function instances, and an adversary at every call to the outside. */
export class World {
  readonly stillness = new Stillness();
  readonly random: Random = new CountingRandom();
  readonly store: StoreCalls;
  readonly queues: Queues;
  readonly matchers: WarmMatchers;
  readonly reconciler: Reconciler;
  readonly #calls: Calls;
  readonly #chance: Chance;
  readonly #projectors: WarmProjectors;

  constructor(scheduler: Scheduler, adversary: Adversary, chance: Chance) {
    const calls = { scheduler, adversary, stillness: this.stillness };
    this.#calls = calls;
    this.#chance = chance;
    const replicas = new Replicas(chance, { pageItems: chance.pick(PAGES) });
    const portsOf = (running: () => Process): WorldPorts => this.portsOf(running);
    this.#projectors = new WarmProjectors(chance, portsOf);
    const functionMs = chance.pick(FUNCTION_MS);
    this.store = new StoreCalls(calls, chance, { replicas, commitMs: chance.pick(COMMIT_MS) });
    this.queues = new Queues(calls, chance, replicas.truth);
    this.reconciler = new Reconciler(chance, replicas.truth);
    const { store, queues } = this;
    this.matchers = new WarmMatchers(calls, chance, { queues, store, portsOf, functionMs });
  }

  /** Time passes at once, whatever is going on. */
  leap(ms: number): void {
    this.#calls.scheduler.advance(ms);
    this.stillness.noteLeap();
  }

  /** One invocation of the projecting function. */
  async project(process: Process): Promise<void> {
    await this.#projectors.invoke(process);
  }

  async sweep(process: Process): Promise<void> {
    try {
      const ports = this.portsOf(() => process);
      await resendDesiredStates(ports);
      await sweepPendingOrders(ports);
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault;
    }
  }

  async reconcile(process: Process): Promise<void> {
    await this.reconciler.invoke(this.portsOf(() => process));
  }

  /** The outside as a process meets it: each call waits for its turn and may suffer a fault. */
  portsOf(running: () => Process): WorldPorts {
    const { scheduler, adversary } = this.#calls;
    const clock: Clock = { nowMs: () => scheduler.nowMs(), sleep: (ms) => scheduler.turn(running(), ms) };
    return {
      catalogue: CATALOGUE,
      store: this.store.of(running),
      queue: this.queues.port(running),
      clock,
      random: { id: (timeMs) => this.random.id(timeMs), fraction: () => this.#chance.fraction() },
      log: this.#log(),
      metrics: {
        add: (name) => {
          if (name === "CommitRetries") adversary.note("commit_busy");
        },
      },
    };
  }

  #log(): RequestLog {
    const note = (event: string, fields: LogFields = {}): void => {
      const { kind } = fields;
      this.#calls.adversary.note(kind === undefined ? `log ${event}` : `log ${event} ${kind}`);
    };
    return {
      info: note,
      warn: note,
      error: (event, _, fields) => note(event, fields),
      within: (run) => run(),
      add: () => {},
    };
  }
}
