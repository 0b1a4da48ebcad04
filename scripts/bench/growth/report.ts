import { figure } from "../../command/statistics.ts";
import type { ReportTable } from "../report.ts";
import { type Cost, type Reconciled, type Row, SIZES } from "./measure.ts";

const FLAT = 1.1;
/** Units are counted by begun pages of some kilobytes, so that an average can differ by as much. */
const ROUNDING = 1;

export type Verdict = { readonly name: string; readonly isFlat: boolean; readonly costs: readonly Cost[] };

/** Whether a call costs the same at every size. */
export function verdictOf({ name, costs }: Row): Verdict {
  const isFlat = (["reads", "writes", "calls"] as const).every((kind) => {
    const values = costs.map((cost) => cost[kind]);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return most <= least * FLAT || most - least <= ROUNDING;
  });
  return { name, isFlat, costs };
}

export function growthTable(verdicts: readonly Verdict[]): ReportTable {
  const shown = ({ reads, writes, calls }: Cost): string => [reads, writes, calls].map(figure).join(" / ");
  return {
    title: "Read units / write units / calls of the store, by live orders and users",
    columns: ["call", ...SIZES.map(({ orders, users }) => `${orders}, ${users}`), "verdict"],
    rows: verdicts.map(({ name, isFlat, costs }) => [name, ...costs.map(shown), isFlat ? "flat" : "GROWS"]),
    notes: [`flat: within ${FLAT} x from the least to the most, or within ${ROUNDING} unit or call.`],
  };
}

export function reconciliationText(done: Reconciled): string {
  const { wallets, invocations, longestMs, readUnits, calls, isBalanced } = done;
  const cost = `${figure(readUnits)} read units in ${calls} calls`;
  const time = `${invocations} invocations, the longest ${(longestMs / 1_000).toFixed(1)} s`;
  return `Reconciliation of ${wallets} wallets: ${time}; ${cost}; ${isBalanced ? "balanced" : "NOT BALANCED"}.`;
}
