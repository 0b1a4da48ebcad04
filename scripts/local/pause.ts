import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** Waits longer after every failure in a row; an abort ends the wait. */
export function backOff(failures: number, stop: AbortSignal): Promise<void> {
  return pause(Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS), stop);
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
