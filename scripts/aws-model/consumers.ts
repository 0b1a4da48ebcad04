import { LATENCIES, type Latency } from "./latencies.ts";

/** How the one consumer of a market comes by its commands. */
export type Consumer = {
  readonly name: string;
  /** FIFO groups that a market's queue is divided into, by user. */
  readonly lanes: number;
  /** From the first command of an idle queue to the consumer. */
  readonly wake: Latency;
  /** Before each further round where something waits; none where the round before it includes it. */
  readonly receive: Latency | undefined;
  /** After each round. */
  readonly finish: Latency;
  /** It is paid for by its time, whether commands come or not, for as long as it waits for more. */
  readonly lingers: boolean;
};

/** As it is: Lambda's event source mapping receives, invokes and deletes. */
export const MAPPED: Consumer = {
  name: "mapping, one group",
  lanes: 1,
  wake: LATENCIES.hop,
  receive: undefined,
  finish: LATENCIES.cycle,
  lingers: false,
};

/** A function that, once woken, receives and deletes by itself. */
export const RECEIVING: Consumer = {
  name: "receives itself, one group",
  lanes: 1,
  wake: LATENCIES.receive,
  receive: LATENCIES.receive,
  finish: LATENCIES.delete,
  lingers: true,
};

export function inLanes(lanes: number): Consumer {
  return { ...RECEIVING, name: `receives itself, ${lanes} groups`, lanes };
}
