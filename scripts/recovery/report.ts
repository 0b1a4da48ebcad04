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
export function bestOf({ results }: Measurement): number {
  return Math.min(...results.map(({ ms }) => ms));
}

export function missedGoals(measurements: readonly Measurement[]): readonly string[] {
  return measurements.flatMap((measurement) => {
    const { name, goalMs = Infinity, faults } = measurement;
    const best = bestOf(measurement);
    const slow = `${best.toFixed(0)} ms at best, the goal is less than ${goalMs}`;
    return [...faults, ...(best < goalMs ? [] : [slow])].map((fault) => `${name}: ${fault}`);
  });
}

type Figure = (measurement: Measurement) => string | number;

/** Of several attempts, times and reads are added up; the entries are those that the last one read. */
const sum =
  (of: (result: ColdResult) => number): Figure =>
  ({ results, attempts }) => {
    const values = results.map(of);
    const total = attempts === 1 ? percentile(values, 0.5) : values.reduce((all, value) => all + value, 0);
    return total.toFixed(0);
  };

const COLUMNS: readonly (readonly [title: string, align: "left" | "right", figure: Figure])[] = [
  ["recovery", "left", ({ name }) => name],
  ["tries", "right", ({ attempts }) => attempts],
  ["best ms", "right", (each) => (each.attempts === 1 ? bestOf(each).toFixed(0) : "-")],
  ["median ms", "right", sum(({ ms }) => ms)],
  ["cpu ms", "right", sum(({ cpuMs }) => cpuMs)],
  ["store ms", "right", sum(({ storeMs }) => storeMs)],
  ["since start", "right", sum(({ sinceStartMs }) => sinceStartMs)],
  ["reads", "right", sum(({ reads }) => reads.calls)],
  ["units", "right", sum(({ reads }) => reads.units)],
  [
    "entries",
    "right",
    ({ results }) => {
      const { state } = results.at(-1) ?? {};
      return state === undefined ? "-" : state.version - state.snapshotVersion;
    },
  ],
  ["peak MB", "right", ({ results }) => Math.max(...results.map(({ peakMb }) => peakMb)).toFixed(0)],
  ["state", "left", ({ faults }) => (faults.length === 0 ? "equal" : "FAULT")],
  [
    "goal",
    "left",
    (each) =>
      each.goalMs === undefined ? "" : `< ${each.goalMs} ms ${bestOf(each) < each.goalMs ? "met" : "MISSED"}`,
  ],
];

export function reportOf(measurements: readonly Measurement[]): string {
  return alignedTable(
    COLUMNS.map(([title, align]) => [title, align]),
    measurements.map((measurement) => COLUMNS.map(([, , figure]) => figure(measurement))),
  );
}
