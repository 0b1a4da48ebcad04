type Waiting = { readonly atMs: number; readonly resume: () => void };

/** Virtual time: whoever sleeps is resumed when it is their turn, the earliest first, and no real time passes. */
export class Timeline {
  nowMs = 0;
  /** Latest first, so that the next one is taken from the end. */
  readonly #waiting: Waiting[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((resume) => {
      const atMs = this.nowMs + Math.max(0, ms);
      let low = 0;
      for (let high = this.#waiting.length; low < high; ) {
        const middle = (low + high) >> 1;
        if ((this.#waiting[middle] as Waiting).atMs > atMs) low = middle + 1;
        else high = middle;
      }
      this.#waiting.splice(low, 0, { atMs, resume });
    });
  }

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await settled();
      const next = this.#waiting.at(-1);
      if (next === undefined || next.atMs > endMs) return;
      this.#waiting.pop();
      this.nowMs = next.atMs;
      next.resume();
    }
  }
}

/** Nothing here does real I/O, so after a turn of the event loop every promise is at rest. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
