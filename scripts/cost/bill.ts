import { LATENCIES, transactionLatency } from "../aws-model/latencies.ts";
import { MEMORY_GB } from "../aws-model/memory.ts";
import { PRICES } from "../aws-model/prices.ts";

/** Units of DynamoDB that something consumes. */
export type Units = { readonly readUnits: number; readonly writeUnits: number };

/** What an order consumes, beside requests and time, which follow from the design. */
export type Consumption = {
  readonly call: Units;
  readonly reserve: Units;
  readonly match: Units;
  readonly project: Units;
};

/** A part of the bill. `dollars` is per million orders. */
export type Position = { readonly what: string; readonly how: string; readonly dollars: number };

export const BATCH = 10;
const RESERVE_ITEMS = 2;
/** Of a batch that half rests and half fills: the entry, and each order with its wallet. */
const COMMIT_ITEMS = 1 + 2 * BATCH;
/** What the processor does of a call and of a batch, ms; assumed. */
const PROCESSOR_MS = { call: 5, batch: 10 };
/** Who calls and what there is are read, the reserve is made, the command is sent. */
const CALL_MS =
  PROCESSOR_MS.call + 2 * LATENCIES.read.p50 + transactionLatency(RESERVE_ITEMS).p50 + LATENCIES.send.p50;
/** A line of access log and what Lambda itself writes of a call. */
const LOG_BYTES_PER_INVOCATION = 700;

const perMillion = (dollars: number): number => dollars * 1e6;
const lambda = (ms: number, gigabytes: number): number =>
  PRICES.invocations / 1e6 + (ms / 1_000) * gigabytes * PRICES.gbSeconds;
const units = ({ readUnits, writeUnits }: Units): number =>
  (readUnits * PRICES.readUnits + writeUnits * PRICES.writeUnits) / 1e6;
const text = ({ readUnits, writeUnits }: Units): string =>
  `${writeUnits.toFixed(2)} write and ${readUnits.toFixed(2)} read units`;

/** One order of the standard flow, in batches of ten, from request to projections. */
export function billOf({ call, reserve, match, project }: Consumption): readonly Position[] {
  const batchMs = PROCESSOR_MS.batch + transactionLatency(COMMIT_ITEMS).p50;
  const projectMs = PROCESSOR_MS.batch + 2 * LATENCIES.read.p50 + 2 * transactionLatency(COMMIT_ITEMS).p50;
  const invocations = 1 + 2 / BATCH;
  return [
    position("API Gateway", "1 request", PRICES.apiRequests / 1e6),
    position(
      "Lambda: the call",
      `${CALL_MS.toFixed(0)} ms at ${MEMORY_GB.api * 1024} MB`,
      lambda(CALL_MS, MEMORY_GB.api),
    ),
    position("DynamoDB: who calls", text(call), units(call)),
    position("DynamoDB: reserve", text(reserve), units(reserve)),
    position(
      "SQS",
      `a send; a receive and a delete for ${BATCH}`,
      ((1 + 2 / BATCH) * PRICES.queueRequests) / 1e6,
    ),
    position(
      "Lambda: the matcher",
      `${batchMs.toFixed(0)} ms at 1769 MB for ${BATCH}`,
      lambda(batchMs, MEMORY_GB.matcher) / BATCH,
    ),
    position("DynamoDB: match", text(match), units(match)),
    position(
      "Lambda: the projector",
      `${projectMs.toFixed(0)} ms at 1024 MB for ${BATCH}`,
      lambda(projectMs, MEMORY_GB.projector) / BATCH,
    ),
    position("DynamoDB: projections", text(project), units(project)),
    position(
      "CloudWatch Logs",
      `${LOG_BYTES_PER_INVOCATION} bytes for each of ${invocations} invocations`,
      ((invocations * LOG_BYTES_PER_INVOCATION) / 1e9) * PRICES.logGb,
    ),
  ];
}

/**
 * The design that comes to mind first, for the same flow, counted on paper: a transaction for each order and each fill, an item for each
 * balance, a message at a time, the best orders read from the table. Every item is one of up to a kilobyte.
 */
export function straightforwardBill(): readonly Position[] {
  const place: Units = { readUnits: 2, writeUnits: 2 + 2 + 1 };
  const open: Units = { readUnits: 2, writeUnits: 2 };
  const fill: Units = { readUnits: 4, writeUnits: 2 + 2 * (2 + 1) + 4 * 2 };
  const fills = 0.5;
  const matchMs =
    PROCESSOR_MS.call +
    LATENCIES.read.p50 +
    transactionLatency(1).p50 +
    fills * (LATENCIES.read.p50 + transactionLatency(7).p50);
  return [
    position("API Gateway", "1 request", PRICES.apiRequests / 1e6),
    position(
      "Lambda: the call",
      `${CALL_MS.toFixed(0)} ms at ${MEMORY_GB.api * 1024} MB`,
      lambda(CALL_MS, MEMORY_GB.api),
    ),
    position("DynamoDB: place", `order, balance, index of open orders: ${text(place)}`, units(place)),
    position("SQS", "a send, a receive, a delete", (3 * PRICES.queueRequests) / 1e6),
    position(
      "Lambda: the matcher",
      `${matchMs.toFixed(0)} ms at 1769 MB`,
      lambda(matchMs, MEMORY_GB.matcher),
    ),
    position("DynamoDB: open", `the order's status, the best orders read: ${text(open)}`, units(open)),
    position(
      "DynamoDB: fills",
      `half a fill of trade, two orders with their index, four balances: ${text(fill)}`,
      fills * units(fill),
    ),
    position(
      "CloudWatch Logs",
      `${LOG_BYTES_PER_INVOCATION} bytes for each of 2 invocations`,
      ((2 * LOG_BYTES_PER_INVOCATION) / 1e9) * PRICES.logGb,
    ),
  ];
}

function position(what: string, how: string, dollars: number): Position {
  return { what, how, dollars: perMillion(dollars) };
}

export function totalOf(positions: readonly Position[]): number {
  return positions.reduce((sum, { dollars }) => sum + dollars, 0);
}
