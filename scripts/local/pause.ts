const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** Waits longer after every failure in a row; an abort ends the wait. */
export function backOff(failures: number, stop: AbortSignal): Promise<void> {
  return pause(Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS), stop);
}

export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end, { once: true });
  });
}
