import { setTimeout as sleep } from "node:timers/promises";

type Patience = { readonly forMs: number; readonly everyMs?: number };

/** Looks again and again until there is something to be seen. Undefined where there is nothing when the time is over. */
export async function until<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { forMs, everyMs = 20 }: Patience,
): Promise<T | undefined> {
  for (const deadline = performance.now() + forMs; ; await sleep(everyMs)) {
    const found = await look();
    if (found !== undefined || performance.now() > deadline) return found;
  }
}
