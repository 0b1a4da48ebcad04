import type { QueuedCommand } from "../../lib/matching/plan.ts";

/** A command on its way. `tag` is whatever its sender wants to find again. */
export type Arrival<Tag> = {
  readonly command: QueuedCommand;
  readonly sentMs: number;
  readonly tag: Tag;
};

/** SQS gives no more to one receive. */
export const RECEIVE_LIMIT = 10;

/**
 * A market's queue in virtual time, for the one consumer that it has: what waits, by lane. A lane is a FIFO group, of which nothing more is
 * given while some of it is in flight; so a consumer that has deleted what it took gets at most ten of each.
 */
export class MarketQueue<Tag> {
  readonly #lanes: Arrival<Tag>[][];
  #wake: (() => void) | undefined;

  constructor(lanes: number) {
    this.#lanes = Array.from({ length: lanes }, () => []);
  }

  send(arrival: Arrival<Tag>, lane: number): void {
    this.#lanes[lane % this.#lanes.length]?.push(arrival);
    this.#wake?.();
  }

  get waiting(): readonly Arrival<Tag>[] {
    return this.#lanes.flat();
  }

  get isEmpty(): boolean {
    return this.#lanes.every((lane) => lane.length === 0);
  }

  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** The next ones of every lane; they stay until they are deleted. */
  next(): readonly Arrival<Tag>[] {
    return this.#lanes.flatMap((lane) => lane.slice(0, RECEIVE_LIMIT));
  }

  delete(done: ReadonlySet<Arrival<Tag>>): void {
    for (const [index, lane] of this.#lanes.entries())
      this.#lanes[index] = lane.filter((arrival) => !done.has(arrival));
  }
}
