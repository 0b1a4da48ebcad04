/** `node cold.ts REQUEST`, started with an IPC channel: recovers one market in a process that is fresh, and tells what it took. */
import { createHash } from "node:crypto";
import { clock } from "../../lib/adapters/clock.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { RecoveryUnfinished, recover } from "../../lib/journal/recover.ts";
import type { MarketState } from "../../lib/matching/market-state.ts";
import { stateText } from "../../lib/matching/snapshot.ts";
import type { Log } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import type { ColdRequest, ColdResult } from "./cold-process.ts";
import { marketNamed } from "./markets.ts";

const FAR_MS = 600_000;

const request = JSON.parse(process.argv[2] ?? "{}") as ColdRequest;
const reads = { calls: 0, units: 0 };
const waiting = { calls: 0, sinceMs: 0, ms: 0 };
let damaged = 0;
let snapshotVersion = 0;
const store = timed(
  createDynamoStore({
    tablePrefix: request.tablePrefix,
    endpoint: request.endpoint,
    meter: ({ operation, capacity }) => {
      if (operation !== "GetItem" && operation !== "Query") return;
      reads.calls++;
      for (const { CapacityUnits } of capacity) reads.units += CapacityUnits ?? 0;
    },
  }),
);
const log: Log = {
  info: (event, fields) => {
    if (event === "market_recovered") snapshotVersion = Number(fields?.snapshotVersion);
  },
  warn: () => {},
  error: (event) => {
    if (event === "snapshot_damaged") damaged++;
  },
};
const market = marketNamed(request.market);
const startedCpu = process.cpuUsage();
const startedMs = performance.now();
const state = await recovered();
const readyMs = performance.now();
const cpu = process.cpuUsage(startedCpu);
const result: ColdResult = {
  ms: readyMs - startedMs,
  sinceStartMs: readyMs,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  storeMs: waiting.ms,
  reads,
  damaged,
  peakMb: process.resourceUsage().maxRSS / 1_024,
  ...(state === undefined
    ? {}
    : {
        state: {
          digest: createHash("sha256").update(stateText(state)).digest("hex"),
          snapshotVersion,
          version: state.head.version,
          orders: state.book.size,
        },
      }),
};
process.send?.(result, () => process.exit());

async function recovered(): Promise<MarketState | undefined> {
  try {
    return await recover(market, clock.nowMs() + (request.withinMs ?? FAR_MS), { store, clock, log });
  } catch (fault) {
    if (fault instanceof RecoveryUnfinished) return undefined;
    throw fault;
  }
}

/** Counts the time in which at least one call has not been answered: the rest is this process's own work. */
function timed(inner: Store): Store {
  const wait = async <T>(call: () => Promise<T>): Promise<T> => {
    if (waiting.calls++ === 0) waiting.sinceMs = performance.now();
    try {
      return await call();
    } finally {
      if (--waiting.calls === 0) waiting.ms += performance.now() - waiting.sinceMs;
    }
  };
  return {
    ...inner,
    get: (place) => wait(() => inner.get(place)),
    query: (query) => wait(() => inner.query(query)),
    putMany: (puts) => wait(() => inner.putMany(puts)),
  };
}
