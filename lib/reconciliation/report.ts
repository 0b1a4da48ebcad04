import { type Result, refuse, success } from "../contract/refusal.ts";
import { isoTime } from "../contract/time.ts";
import { reconciliationView } from "./reconciliation-view.ts";
import { continueRun, type RunPorts, readRuns, startRun } from "./run.ts";
import type { Report, Run } from "./run-item.ts";

/** Less than API Gateway waits. */
const LONGEST_WAIT_MS = 20_000;
/** A small exchange is reconciled before the call that starts it is answered; a large one by those who come after. */
const FIRST_WORK_MS = 2_000;

export type ReportView = ReturnType<typeof reportView>;

/** The last finished report. Where there is none, or it has to be of now, reconciles as long as a caller may wait. */
export async function readReport(
  { fresh, id }: { readonly fresh: boolean /** Of the run that may be started. */; readonly id: string },
  ports: RunPorts,
): Promise<Result<ReportView>> {
  const askedMs = ports.clock.nowMs();
  const untilMs = askedMs + LONGEST_WAIT_MS;
  const isWanted = (report: Report): boolean => !fresh || report.startedMs >= askedMs;
  for (;;) {
    const { report, run } = await readRuns(ports);
    const isTimeUp = ports.clock.nowMs() >= untilMs;
    if (report !== undefined && (isWanted(report) || isTimeUp))
      return success(reportView(report, run, ports));
    if (isTimeUp) return refuse("UNAVAILABLE", "The first reconciliation is still under way");
    if (run === undefined) await startRun(id, ports);
    await continueRun({ untilMs }, ports);
  }
}

/** Starts a run, or joins the one that is under way. */
export async function startReconciliation(id: string, ports: RunPorts): Promise<{ readonly id: string }> {
  const run = await startRun(id, ports);
  await continueRun({ untilMs: ports.clock.nowMs() + FIRST_WORK_MS }, ports);
  return { id: run.id };
}

function reportView(report: Report, run: Run | undefined, { catalogue }: RunPorts) {
  return {
    id: report.id,
    ...reconciliationView(report, { catalogue, timeMs: report.startedMs }),
    running:
      run === undefined
        ? null
        : { id: run.id, startedAt: isoTime(run.startedMs), wallets: run.progress.wallets },
  };
}
