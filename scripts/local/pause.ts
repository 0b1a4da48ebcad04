import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** An abort ends the wait. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}

/** Waits longer after every failure in a row. */
export function backOff(failures: number, stop: AbortSignal): Promise<void> {
  return pause(Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS), stop);
}

type Persistence = { readonly stop: AbortSignal; readonly onFailure: (cause: unknown) => void };

/** Does it again and again until it is told to stop, after failures with a pause. */
export async function forever(work: () => Promise<unknown>, { stop, onFailure }: Persistence): Promise<void> {
  for (let failures = 0; !stop.aborted; ) {
    try {
      await work();
      failures = 0;
    } catch (cause) {
      if (stop.aborted) return;
      onFailure(cause);
      await backOff(++failures, stop);
    }
  }
}
