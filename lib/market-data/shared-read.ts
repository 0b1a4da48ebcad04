import type { Clock } from "../ports/ports.ts";

/** What is read all the time is read ten times a second, and may be a tenth of a second old. */
const INTERVAL_MS = 100;
/** Half a minute's reads may be spent at once: so a client that looks after each of its orders gets a read of its own each time. */
const BURST = 300;

type Options = {
  readonly clock: Pick<Clock, "nowMs">;
  /** How many reads may follow one another at once, where they are dearer than others. */
  readonly burst?: number;
};

/**
 * Something public that anybody may ask for, at any rate. A read answers all who asked before it began, one read is under way at a time,
 * and whoever asks more often than reads are allowed is given what was read last.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #burstMs: number;
  #last: Promise<T> | undefined;
  #next: Promise<T> | undefined;
  /** Up to when reads were spent, each worth an interval. */
  #spentMs = Number.NEGATIVE_INFINITY;

  constructor(read: () => Promise<T>, { clock, burst = BURST }: Options) {
    this.#read = read;
    this.#clock = clock;
    this.#burstMs = burst * INTERVAL_MS;
  }

  get(): Promise<T> {
    if (this.#next !== undefined) return this.#next;
    const mayRead = this.#mayRead();
    if (this.#last !== undefined && !mayRead) return this.#last;
    // One that is under way began before this call, so it may lack what its caller was told since.
    const before: Promise<unknown> = this.#last ?? Promise.resolve();
    const next = before
      .catch(() => undefined)
      .then(() => {
        this.#last = next;
        this.#next = undefined;
        return this.#read();
      });
    this.#next = next;
    return next;
  }

  #mayRead(): boolean {
    const nowMs = this.#clock.nowMs();
    const spentMs = Math.max(this.#spentMs, nowMs - this.#burstMs) + INTERVAL_MS;
    if (spentMs > nowMs) return false;
    this.#spentMs = spentMs;
    return true;
  }
}

const MOST_KEPT = 100;

/** Shared reads by what is asked for; the oldest is forgotten where there are many. */
export class SharedReads<T> {
  readonly #reads = new Map<string, SharedRead<T>>();

  get(name: string, read: () => Promise<T>, ports: { readonly clock: Pick<Clock, "nowMs"> }): Promise<T> {
    const known = this.#reads.get(name) ?? new SharedRead(read, ports);
    this.#reads.set(name, known);
    const [oldest] = this.#reads.keys();
    if (this.#reads.size > MOST_KEPT && oldest !== undefined) this.#reads.delete(oldest);
    return known.get();
  }
}
