import type { Remembered } from "./message.ts";

/** Of deduplication ids and of receive attempts alike, as AWS documents it. */
const RECENT_MS = 5 * 60 * 1000;

/** Remembers values for five minutes. Forgetting costs constant time, also with hundreds of thousands of values. */
export class Recent<T> {
  readonly #byKey = new Map<string, Remembered<T>>();
  #byAge: Remembered<T>[] = [];
  #head = 0;

  remember(entry: Remembered<T>): void {
    this.#forget(entry.atMs);
    this.#byKey.set(entry.key, entry);
    this.#byAge.push(entry);
  }

  recall(key: string, nowMs: number): T | undefined {
    const entry = this.#byKey.get(key);
    return entry !== undefined && nowMs - entry.atMs < RECENT_MS ? entry.value : undefined;
  }

  /** Oldest first. */
  entries(): readonly Remembered<T>[] {
    return this.#byAge.slice(this.#head).filter((entry) => this.#byKey.get(entry.key) === entry);
  }

  #forget(nowMs: number): void {
    for (;;) {
      const oldest = this.#byAge[this.#head];
      if (oldest === undefined || nowMs - oldest.atMs < RECENT_MS) break;
      this.#head += 1;
      // A key that was remembered anew has a younger entry behind this one.
      if (this.#byKey.get(oldest.key) === oldest) this.#byKey.delete(oldest.key);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#byAge.length) {
      this.#byAge = this.#byAge.slice(this.#head);
      this.#head = 0;
    }
  }
}
