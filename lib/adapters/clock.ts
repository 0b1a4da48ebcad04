import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../ports/ports.ts";

/** The machine's clock. */
export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => sleep(ms),
};
