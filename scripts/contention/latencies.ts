import type { Chance } from "../demo/chance.ts";

/** Milliseconds. Measured on AWS in 2020 and 2022 where `from` names a source; the others are assumed. */
export const LATENCIES = {
  read: {
    p50: 5,
    p99: 16,
    from: "assumed; a write of one item was 7.6 and 16 (alexdebrie/dynamodb-performance-testing)",
  },
  send: { p50: 8, p99: 30, from: "assumed" },
  hop: { p50: 28, p99: 115, from: "send to handler 28, p90 61 (bitesizedserverless)" },
  cycle: { p50: 45, p99: 80, from: "assumed 30-60: receive, invoke, delete" },
} as const;

/** A transaction's, by its items: p50 25.3 for 5 and 32.1 for 25, p99 92.5 and 97.5 (alexdebrie/dynamodb-performance-testing). */
export function transactionLatency(items: number): { readonly p50: number; readonly p99: number } {
  const p50 = 25.3 + 0.34 * (items - 5);
  return { p50, p99: p50 + 67 };
}

/** Log-normal through its median and its 99th percentile. */
export function draw({ p50, p99 }: { readonly p50: number; readonly p99: number }, chance: Chance): number {
  return p50 * Math.exp((Math.log(p99 / p50) / 2.326) * chance.normal());
}
