import type { Deadlines } from "./matcher.ts";

/** The longest that one call of the matcher's store and of its queue takes: its clients give up then, and try nothing a second time. */
export const STORE_CALL_MS = 1_000;
export const QUEUE_CALL_MS = 700;
/** For what is not waiting: the answer, the log, a slow machine. */
const MARGIN_MS = 200;
/** For saving how far a recovery got. */
const SAVE_MS = 1_000;
/** An entry that is begun later might not have the time for a second attempt. */
const PLAN_SHARE = 0.6;

/**
 * How an invocation spends the time that it has. A call that begins at the last moment still ends, and so does the one after it that makes
 * the rest of the batch visible again: a function that is stopped in the middle darkens its market until the visibility timeout.
 */
export function deadlinesOf({
  nowMs,
  leftMs,
}: {
  readonly nowMs: number;
  readonly leftMs: number;
}): Deadlines {
  const commitBy = nowMs + leftMs - STORE_CALL_MS - QUEUE_CALL_MS - MARGIN_MS;
  const planBy = Math.min(nowMs + leftMs * PLAN_SHARE, commitBy);
  return { recoverBy: Math.min(planBy, commitBy - SAVE_MS), planBy, commitBy };
}
