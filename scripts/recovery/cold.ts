/** `node cold.ts REQUEST`: recovers one market in a process that is fresh, and prints what it took. */
import { clock } from "../../lib/adapters/clock.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { RecoveryUnfinished, recover } from "../../lib/journal/recover.ts";
import type { Store } from "../../lib/store/store.ts";
import type { ColdRequest, ColdResult } from "./cold-process.ts";
import { digestOf } from "./journal.ts";
import { marketNamed } from "./markets.ts";

const FAR_MS = 600_000;

const request = JSON.parse(process.argv[2] ?? "{}") as ColdRequest;
const { tablePrefix, endpoint, withinMs = FAR_MS } = request;
const reads = { calls: 0, units: 0 };
const waiting = { calls: 0, sinceMs: 0, ms: 0 };
let damaged = 0;
let snapshotVersion = 0;
const store = timed(
  createDynamoStore({
    tablePrefix,
    endpoint,
    meter: ({ operation, capacity }) => {
      if (operation !== "GetItem" && operation !== "Query") return;
      reads.calls++;
      for (const { CapacityUnits } of capacity) reads.units += CapacityUnits ?? 0;
    },
  }),
);
const log = {
  info: (event: string, fields?: { readonly snapshotVersion?: unknown }) => {
    if (event === "market_recovered") snapshotVersion = Number(fields?.snapshotVersion);
  },
  warn: () => {},
  error: (event: string) => {
    if (event === "snapshot_damaged") damaged++;
  },
};
const market = marketNamed(request.market);
const startedCpu = process.cpuUsage();
const startedMs = performance.now();
const state = await recover(market, clock.nowMs() + withinMs, { store, clock, log }).catch(
  (fault: unknown) => {
    if (fault instanceof RecoveryUnfinished) return undefined;
    throw fault;
  },
);
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
  ...(state && { state: { digest: digestOf(state), snapshotVersion, version: state.head.version } }),
};
process.stdout.write(JSON.stringify(result), () => process.exit());

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
