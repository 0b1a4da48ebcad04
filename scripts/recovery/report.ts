import { percentile } from "../command/statistics.ts";
import { alignedTable } from "../command/terminal.ts";
import type { ColdResult } from "./cold-process.ts";

/** One kind of recovery: as often as it was measured or, where it took several attempts, each of these. */
export type Measurement = {
  readonly name: string;
  readonly results: readonly ColdResult[];
  readonly attempts: number;
  readonly faults: readonly string[];
  readonly goalMs?: number;
};

/** Judged by the best of the rounds: what else a machine is doing only ever adds. */
export function missedGoals(measurements: readonly Measurement[]): readonly string[] {
  return measurements.flatMap(({ name, results, goalMs, faults }) => {
    const best = Math.min(...results.map(({ ms }) => ms));
    const isSlow = goalMs !== undefined && !(best < goalMs);
    return [
      ...faults.map((fault) => `${name}: ${fault}`),
      ...(isSlow ? [`${name}: ${best.toFixed(0)} ms at best, the goal is less than ${goalMs}`] : []),
    ];
  });
}

const FIGURES = [
  "best ms",
  "median ms",
  "cpu ms",
  "store ms",
  "since start",
  "reads",
  "units",
  "entries",
  "peak MB",
];

export function reportOf(measurements: readonly Measurement[]): string {
  return alignedTable(
    [
      ["recovery", "left"],
      ["tries", "right"],
      ...FIGURES.map((title) => [title, "right"] as const),
      ["state", "left"],
      ["goal", "left"],
    ],
    measurements.map((each) => [each.name, each.attempts, ...figuresOf(each), stateOf(each), goalOf(each)]),
  );
}

/** Of several attempts, times and reads are added up; the entries are those that the last one read. */
function figuresOf({ results, attempts }: Measurement): readonly string[] {
  const last = results.at(-1);
  const { state } = last ?? {};
  const entries = state === undefined ? "-" : String(state.version - state.snapshotVersion);
  const peak = Math.max(...results.map(({ peakMb }) => peakMb)).toFixed(0);
  const middle = (of: (result: ColdResult) => number) => percentile(results.map(of), 0.5);
  const sum = (of: (result: ColdResult) => number) => results.reduce((total, each) => total + of(each), 0);
  const total = attempts === 1 ? middle : sum;
  return [
    attempts === 1 ? Math.min(...results.map(({ ms }) => ms)).toFixed(0) : "-",
    total(({ ms }) => ms).toFixed(0),
    total(({ cpuMs }) => cpuMs).toFixed(0),
    total(({ storeMs }) => storeMs).toFixed(0),
    total(({ sinceStartMs }) => sinceStartMs).toFixed(0),
    String(total(({ reads }) => reads.calls)),
    total(({ reads }) => reads.units).toFixed(0),
    entries,
    peak,
  ];
}

function stateOf({ faults }: Measurement): string {
  return faults.length === 0 ? "equal" : "FAULT";
}

function goalOf({ results, goalMs }: Measurement): string {
  if (goalMs === undefined) return "";
  return Math.min(...results.map(({ ms }) => ms)) < goalMs ? `< ${goalMs} ms met` : `< ${goalMs} ms MISSED`;
}
