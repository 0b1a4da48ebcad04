type Waiter = {
  /** Receives for the waiter; false where there is nothing. */
  readonly tryNow: () => boolean;
  readonly giveUp: () => void;
};

type Waiting = { readonly waiter: Waiter; readonly deadline: NodeJS.Timeout };

/** Tells the time, and when after a time something becomes visible by itself. */
type Openings = {
  readonly nowMs: () => number;
  readonly nextOpeningMs: (sinceMs: number) => number | undefined;
};

/** Receives that wait for messages of one queue. First come, first served. */
export class LongPoll {
  readonly #openings: Openings;
  readonly #waiting = new Set<Waiting>();
  #opening: NodeJS.Timeout | undefined;
  #wakeScheduled = false;

  constructor(openings: Openings) {
    this.#openings = openings;
  }

  /** Serves the waiter now or within the time. Returns how to stop waiting without an answer. */
  wait(waiter: Waiter, waitMs: number): () => void {
    const triedAtMs = this.#openings.nowMs();
    if (waiter.tryNow()) return () => {};
    const leave = (): void => {
      clearTimeout(waiting.deadline);
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) clearTimeout(this.#opening);
    };
    const deadline = setTimeout(() => {
      leave();
      waiter.giveUp();
    }, waitMs);
    const waiting = { waiter, deadline };
    this.#waiting.add(waiting);
    this.#armOpening(triedAtMs);
    return leave;
  }

  /** Serves who waits, once what is running now has changed all that it wants to change. */
  wakeSoon(): void {
    if (this.#waiting.size === 0 || this.#wakeScheduled) return;
    this.#wakeScheduled = true;
    queueMicrotask(() => {
      this.#wakeScheduled = false;
      this.#wake();
    });
  }

  giveUpAll(): void {
    clearTimeout(this.#opening);
    for (const waiting of [...this.#waiting]) {
      clearTimeout(waiting.deadline);
      this.#waiting.delete(waiting);
      waiting.waiter.giveUp();
    }
  }

  #wake(): void {
    const triedAtMs = this.#openings.nowMs();
    for (const waiting of [...this.#waiting]) {
      if (!waiting.waiter.tryNow()) break;
      clearTimeout(waiting.deadline);
      this.#waiting.delete(waiting);
    }
    this.#armOpening(triedAtMs);
  }

  /** Seen from before the last attempt: what became visible right after it would else be overlooked. */
  #armOpening(triedAtMs: number): void {
    clearTimeout(this.#opening);
    const openingMs = this.#waiting.size === 0 ? undefined : this.#openings.nextOpeningMs(triedAtMs);
    if (openingMs === undefined) return;
    this.#opening = setTimeout(() => this.#wake(), Math.max(1, openingMs - this.#openings.nowMs()));
  }
}
