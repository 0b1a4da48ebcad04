import { ports } from "../../lib/adapters/ports.ts";
import { continueRun } from "../../lib/reconciliation/run.ts";

/** The next invocation comes within a minute, and goes on where this one ends. */
const WORK_MS = 50_000;

/** Goes on with the reconciliation that is under way, if one is. */
export const handler = async (): Promise<void> => {
  await continueRun({ untilMs: ports.clock.nowMs() + WORK_MS }, ports);
};
