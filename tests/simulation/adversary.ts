import type { Chance } from "../../scripts/demo/chance.ts";

/** All that the adversary does to a call of the store or the queue. */
export const CALL_FAULTS = [
  "crash_before",
  "crash_after",
  "answer_lost",
  "never_arrived",
  "conflict",
  "throttled",
  "slow",
  "frozen",
  "frozen_for_minutes",
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** And to the world. */
export const WORLD_FAULTS = [
  "torn_query",
  "long_query",
  "stale_index",
  "send_failed",
  "send_unheard",
  "delete_lost",
  "redelivery_failed",
  "market_contended",
  "queue_recreated",
  "invoked_late",
  "message_doubled",
  "snapshot_damaged",
  "snapshots_anywhere",
  "instance_replaced",
  "second_consumer",
  "projector_woken_twice",
  "sweep",
  "clock_off",
  "wallet_robbed",
  "wallet_contended",
] as const;
export type WorldFault = (typeof WORLD_FAULTS)[number];
export type Fault = CallFault | WorldFault;

/** Decides, by chance, what goes wrong; can be told to leave single decisions alone, which is how a failing schedule is shortened. */
export class Adversary {
  readonly hits = new Map<string, number>();
  readonly story: string[] = [];
  readonly #chance: Chance;
  readonly #rate: number;
  readonly #spared: ReadonlySet<number>;
  #decisions = 0;
  isActive = true;

  constructor(
    chance: Chance,
    { rate, spared = new Set() }: { readonly rate: number; readonly spared?: ReadonlySet<number> },
  ) {
    this.#chance = chance;
    this.#rate = rate;
    this.#spared = spared;
  }

  /** How many faults it has decided on, spared ones included. */
  get decisions(): number {
    return this.#decisions;
  }

  /** The fault that this call suffers, if any. Draws the same chances whether it is spared or not. */
  choose<F extends Fault>(faults: readonly F[], what: string): F | undefined {
    if (!this.isActive) return undefined;
    const strikes = this.#chance.fraction() < this.#rate;
    const fault = this.#chance.pick(faults);
    if (!strikes || this.#spared.has(this.#decisions++)) return undefined;
    this.note(fault, what);
    return fault;
  }

  strikes(fault: WorldFault, what: string): boolean {
    return this.choose([fault], what) !== undefined;
  }

  note(name: string, what = ""): void {
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
    if (what !== "") this.story.push(`${name}: ${what}`);
  }
}
