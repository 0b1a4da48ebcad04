import { EventEmitter, once } from "node:events";

/** Tells the time, and when after a time something becomes visible by itself. */
type Openings = {
  readonly nowMs: () => number;
  readonly nextOpeningMs: (sinceMs: number) => number | undefined;
};

type Wait<T> = {
  /** Receives for the one who waits; undefined where there is nothing. */
  readonly take: () => T | undefined;
  readonly forMs: number;
  /** Aborted where nobody waits any more for the answer. */
  readonly gone: AbortSignal;
};

/** Receives that wait for messages of one queue. First come, first served. */
export class LongPoll {
  readonly #openings: Openings;
  readonly #wakes = new EventEmitter().setMaxListeners(0);
  readonly #ended = new AbortController();

  constructor(openings: Openings) {
    this.#openings = openings;
  }

  /** Undefined where there was nothing in time, or the one who waits has gone: then nothing is taken. */
  async wait<T>({ take, forMs, gone }: Wait<T>): Promise<T | undefined> {
    const { nowMs, nextOpeningMs } = this.#openings;
    const stop = AbortSignal.any([gone, this.#ended.signal]);
    for (const deadlineMs = nowMs() + forMs; !stop.aborted; ) {
      // Seen from before the attempt: what became visible right after it would else be overlooked.
      const triedAtMs = nowMs();
      const found = take();
      if (found !== undefined) return found;
      const leftMs = deadlineMs - nowMs();
      if (leftMs <= 0) return undefined;
      const openingMs = (nextOpeningMs(triedAtMs) ?? Infinity) - nowMs();
      await this.#wake(Math.min(leftMs, Math.max(1, openingMs)), stop);
    }
    return undefined;
  }

  /** Serves who waits, once what is running now has changed all that it wants to change. */
  wakeSoon(): void {
    this.#wakes.emit("wake");
  }

  giveUpAll(): void {
    this.#ended.abort();
  }

  async #wake(afterMs: number, stop: AbortSignal): Promise<void> {
    const timer = setTimeout(() => over.abort(), afterMs);
    const over = new AbortController();
    await once(this.#wakes, "wake", { signal: AbortSignal.any([stop, over.signal]) }).catch(() => {});
    clearTimeout(timer);
  }
}
