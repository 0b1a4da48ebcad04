import type { Chance } from "../demo/chance.ts";

export type Latency = { readonly p50: number; readonly p99: number; readonly from: string };

/** Milliseconds. Measured on AWS in 2020 and 2022 where `from` names a source; the others are assumed, and to be measured after a deployment. */
export const LATENCIES = {
  api: { p50: 12, p99: 40, from: "assumed: API Gateway and a warm function, before the function's own code" },
  read: {
    p50: 5,
    p99: 16,
    from: "assumed; a write of one item was 7.6 and 16 (alexdebrie/dynamodb-performance-testing)",
  },
  send: { p50: 8, p99: 30, from: "assumed: SendMessage" },
  hop: {
    p50: 28,
    p99: 115,
    from: "an idle queue's first message, send to handler: p50 28, p90 61 (bitesizedserverless); its p99 of 645 is of cold starts as well",
  },
  cycle: { p50: 45, p99: 80, from: "assumed 30-60: a mapping's delete, receive and invoke under backlog" },
  receive: { p50: 8, p99: 30, from: "assumed as SendMessage: ReceiveMessage that finds something" },
  delete: { p50: 8, p99: 30, from: "assumed as SendMessage: DeleteMessageBatch" },
} as const satisfies { readonly [step: string]: Latency };

/** A transaction's, by its items: p50 25.3 for 5 and 32.1 for 25, p99 92.5 and 97.5 (alexdebrie/dynamodb-performance-testing). */
export function transactionLatency(items: number): Pick<Latency, "p50" | "p99"> {
  const p50 = 25.3 + 0.34 * (items - 5);
  return { p50, p99: p50 + 67 };
}

/** Log-normal through its median and its 99th percentile. */
export function draw({ p50, p99 }: Pick<Latency, "p50" | "p99">, chance: Chance): number {
  return p50 * Math.exp((Math.log(p99 / p50) / 2.326) * chance.normal());
}
