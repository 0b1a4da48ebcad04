import { type Outcome, StoreUnavailable } from "./store.ts";

/** A sleep in milliseconds, and chance in [0, 1) for jitter. */
export type RetryPorts = {
  readonly clock: { sleep(ms: number): Promise<void> };
  readonly random: { fraction(): number };
};

/** The accepting side backs off slower than the matcher (4 ms), which must win where both want one wallet. */
const FIRST_PAUSE_MS = 15;
const ATTEMPTS = 7;

/**
 * Tries a write again while the store is busy (conflict, throttle) or does not answer. A failed condition is an answer and passes; as an
 * attempt that was not heard may have taken place, the caller's conditions must tell its own earlier success from a refusal.
 * `givesWay` is asked before each further attempt, as long as all those before are known to have done nothing: where it says so, the last
 * outcome, busy, is the answer.
 * @throws StoreUnavailable where it stays so.
 */
export async function withRetries(
  write: () => Promise<Outcome>,
  { clock, random }: RetryPorts,
  givesWay: () => Promise<boolean> = async () => false,
): Promise<Outcome> {
  let isAllHeard = true;
  for (let attempt = 1; ; attempt++) {
    const outcome = await answerOf(write);
    // A condition that failed beside a conflict may have been read before the conflicting write, so it is no answer yet.
    if (outcome !== undefined && !isBusy(outcome)) return outcome;
    isAllHeard &&= outcome !== undefined;
    if (attempt === ATTEMPTS) throw new StoreUnavailable("the store stays busy");
    await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random.fraction()));
    if (outcome !== undefined && isAllHeard && (await givesWay())) return outcome;
  }
}

async function answerOf(write: () => Promise<Outcome>): Promise<Outcome | undefined> {
  try {
    return await write();
  } catch (fault) {
    if (fault instanceof StoreUnavailable) return undefined;
    throw fault;
  }
}

export function isBusy(outcome: Outcome): boolean {
  return !outcome.ok && outcome.reasons.some(({ code }) => code === "conflict" || code === "throttled");
}
