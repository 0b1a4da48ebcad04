import type { Chance } from "../../scripts/demo/chance.ts";

/** One thread of the simulated world: an invocation, a client's call. When it crashes, it is never resumed again. */
export type Process = { readonly name: string; crashed: boolean; ended: boolean };

type Waiting = { readonly process: Process; readonly atMs: number; readonly resume: () => void };

const STEP_MS = 3;

/**
 * Cooperative turns in virtual time. Every process stops at each call to the outside and waits for its turn; chance says who is next. So
 * a seed gives one interleaving, the same on every machine.
 */
export class Scheduler {
  readonly #chance: Chance;
  #waiting: Waiting[] = [];
  #running = 0;
  #nowMs = Date.UTC(2026, 0, 1);
  fault: unknown;
  steps = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Starts a process. A throw that it does not catch ends the run: use cases throw for broken invariants only. */
  start(name: string, run: (process: Process) => Promise<void>): Process {
    const process: Process = { name, crashed: false, ended: false };
    this.#running++;
    const end = (): void => {
      process.ended = true;
      this.#running--;
    };
    void this.turn(process)
      .then(() => run(process))
      .then(end, (fault: unknown) => {
        this.fault ??= fault;
        end();
      });
    return process;
  }

  /** Waits until chance gives the process its turn, not before `delayMs` have passed. */
  turn(process: Process, delayMs = 0): Promise<void> {
    return new Promise((resume) =>
      this.#waiting.push({ process, atMs: this.#nowMs + Math.ceil(delayMs), resume }),
    );
  }

  /** A promise that nobody keeps: the process is gone, with all that it had in memory. */
  crash(process: Process): Promise<never> {
    if (!process.crashed) this.#running--;
    process.crashed = true;
    return new Promise(() => {});
  }

  /** Ends a process from outside, wherever it waits. */
  kill(process: Process): void {
    if (process.ended || process.crashed) return;
    process.crashed = true;
    this.#running--;
    this.#waiting = this.#waiting.filter((waiting) => waiting.process !== process);
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Gives one process its turn, and lets everything happen that follows from it. False where nobody waits. */
  async step(): Promise<boolean> {
    await settled();
    if (this.#waiting.length === 0) return false;
    this.steps++;
    const due = this.#waiting.filter(({ atMs }) => atMs <= this.#nowMs);
    const next = due.length > 0 ? this.#chance.pick(due) : earliest(this.#waiting);
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#nowMs = Math.max(this.#nowMs, next.atMs) + this.#chance.below(STEP_MS);
    next.resume();
    await settled();
    return true;
  }

  advance(ms: number): void {
    this.#nowMs += Math.ceil(ms);
  }
}

function earliest(waiting: readonly Waiting[]): Waiting {
  return waiting.reduce((first, each) => (each.atMs < first.atMs ? each : first));
}

/** Nothing in the simulated world does real I/O, so a turn of the event loop finds every promise at rest. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
