/** Nearest rank: a value that was measured, not one in between. `share` is 0.5 for the median. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("there is no percentile of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1] as number;
}

export type Timing = { readonly count: number; readonly p50: number; readonly p99: number };

export function timingOf(ms: readonly number[]): Timing {
  if (ms.length === 0) return { count: 0, p50: Number.NaN, p99: Number.NaN };
  return { count: ms.length, p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) };
}

/** For a table: what was timed, how often, and how long it took. */
export function timingCells(text: string, { count, p50, p99 }: Timing): (string | number)[] {
  return [text, count, figure(p50), figure(p99)];
}

/** As many decimals as tell something: 0.82, 12.4, 1234. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** How many times the second the first is. */
export function ratio(value: number, base: number): string {
  return base === 0 ? "-" : `${figure(value / base)} x`;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
