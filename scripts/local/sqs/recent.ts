import type { Remembered } from "./message.ts";

/** Of deduplication ids and of receive attempts alike, as AWS documents it. */
const RECENT_MS = 5 * 60 * 1000;

/** Remembers values for five minutes. The map keeps them by age, so what is forgotten stands at its beginning. */
export class Recent<T> {
  readonly #byKey = new Map<string, Remembered<T>>();

  remember(entry: Remembered<T>): void {
    for (const oldest of this.#byKey.values()) {
      if (entry.atMs - oldest.atMs < RECENT_MS) break;
      this.#byKey.delete(oldest.key);
    }
    this.#byKey.delete(entry.key);
    this.#byKey.set(entry.key, entry);
  }

  recall(key: string, nowMs: number): T | undefined {
    const entry = this.#byKey.get(key);
    return entry !== undefined && nowMs - entry.atMs < RECENT_MS ? entry.value : undefined;
  }

  /** Oldest first. */
  entries(): readonly Remembered<T>[] {
    return [...this.#byKey.values()];
  }
}
