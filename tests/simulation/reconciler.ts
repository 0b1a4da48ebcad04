import { differenceOf } from "../../lib/reconciliation/conservation.ts";
import { continueRun, type RunPorts, readRuns, startRun } from "../../lib/reconciliation/run.ts";
import { type Store, StoreUnavailable } from "../../lib/store/store.ts";
import type { Chance } from "../../scripts/demo/chance.ts";

/** Invocations that reconcile while everything else goes on, and what their reports say that nobody may say of a sound exchange. */
export class Reconciler {
  readonly unbalanced: string[] = [];
  readonly #chance: Chance;
  readonly #truth: Store;

  constructor(chance: Chance, truth: Store) {
    this.#chance = chance;
    this.#truth = truth;
  }

  /** One invocation, with more or less time, which saves more or less often. */
  async invoke(ports: RunPorts): Promise<void> {
    const nowMs = ports.clock.nowMs();
    const limits = {
      untilMs: nowMs + this.#chance.pick([0, 100, 5_000]),
      partMs: this.#chance.pick([0, 200]),
    };
    try {
      await startRun(ports.random.id(nowMs), ports);
      await continueRun(limits, ports);
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault;
    }
    const { report } = await readRuns({ store: this.#truth });
    for (const [asset, sum] of report?.sums ?? []) {
      const difference = differenceOf(sum);
      if (difference !== 0n) this.unbalanced.push(`a report says that ${asset} differs by ${difference}`);
    }
  }
}
