import { monotonicFactory } from "ulid";
import type { Random } from "../ports/ports.ts";

/** Ids drawn one after another by one process rise, also within a millisecond and when the clock goes back. */
export function createRandom(): Random {
  const id = monotonicFactory();
  return { id: (timeMs) => id(timeMs), fraction: () => Math.random() };
}
