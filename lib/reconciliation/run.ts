import { summaryKey } from "../market-data/market-items.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { withRetries } from "../store/retries.ts";
import { type Condition, type Store, StoreUnavailable, type Write } from "../store/store.ts";
import {
  beginReconciliation,
  differenceOf,
  type ReconciliationPorts,
  reconcilePart,
} from "./conservation.ts";
import {
  REPORT,
  type Report,
  RUN,
  type Run,
  reportFrom,
  reportItem,
  runFrom,
  runItem,
  WATERMARK,
} from "./run-item.ts";

export type RunPorts = ReconciliationPorts & Pick<ExchangePorts, "random">;

/** How long is worked on before it is saved: what a crash costs, and what of two who go on at the same time one does for nothing. */
const PART_MS = 2_000;
const PAUSE_MS = 50;

const NOT_THERE: Condition = { attribute: "pk", is: "absent" };

/** Begins a reconciliation; where one is under way, that one is meant. */
export async function startRun(id: string, ports: RunPorts): Promise<Run> {
  const { store, clock } = ports;
  const startedMs = clock.nowMs();
  const found = await runNow(ports);
  if (found !== undefined) return found;
  const progress = await beginReconciliation(ports);
  const run: Run = { id, step: 0, startedMs, progress };
  const watermarks = [...progress.heads].map(
    ([market, head]): Write => ({ ...summaryUpdate(market), set: { [WATERMARK]: BigInt(head) } }),
  );
  const put: Write = { kind: "put", table: "market-data", item: runItem(run), when: [NOT_THERE] };
  const outcome = await withRetries(() => store.transact([put, ...watermarks]), ports);
  if (outcome.ok) {
    ports.log.info("reconciliation_started", { id });
    return run;
  }
  // Another one was started meanwhile, or this one was and its answer was lost; or it is even over.
  return (await runNow(ports)) ?? run;
}

export type Limits = {
  readonly untilMs: number;
  /** After how long progress is saved. */
  readonly partMs?: number;
};

/**
 * Goes on with whatever run is under way until it is finished or the time is up. Each part begins with what the one before has saved, and is
 * saved on condition that nobody else has saved meanwhile; so it may be done by anybody, broken off anywhere, and by several at once.
 */
export async function continueRun({ untilMs, partMs = PART_MS }: Limits, ports: RunPorts): Promise<void> {
  const { clock } = ports;
  for (let run = await runNow(ports); run !== undefined; ) {
    const isDone = await partOf(run, Math.min(untilMs, clock.nowMs() + partMs), ports);
    const saved: Run = { ...run, step: run.step + 1 };
    const isSaved = isDone ? await finish(run, ports) : await save(run, saved, ports);
    if (isDone && isSaved) return;
    if (clock.nowMs() >= untilMs) return;
    if (!isSaved) await clock.sleep(PAUSE_MS);
    run = isSaved ? saved : await runNow(ports);
  }
}

/** The last report and the run that is under way, as far as there are any. */
export async function readRuns({ store }: { readonly store: Store }): Promise<{
  readonly report: Report | undefined;
  readonly run: Run | undefined;
}> {
  const [report, run] = await store.getMany([REPORT, RUN].map((key) => ({ table: "market-data", key })));
  return {
    report: report === undefined ? undefined : reportFrom(report),
    run: run === undefined ? undefined : runFrom(run),
  };
}

async function runNow({ store }: { readonly store: Store }): Promise<Run | undefined> {
  const item = await store.get({ table: "market-data", key: RUN });
  return item === undefined ? undefined : runFrom(item);
}

/** A run that cannot go on, because what it reads is damaged, is given up, so that it stands in nobody's way. */
async function partOf(run: Run, untilMs: number, ports: RunPorts): Promise<boolean> {
  try {
    return await reconcilePart(run.progress, untilMs, ports);
  } catch (fault) {
    if (fault instanceof StoreUnavailable) throw fault;
    ports.log.error("reconciliation_failed", fault, { id: run.id });
    await holds(
      [{ kind: "delete", table: "market-data", key: RUN, when: isAt(run) }, ...released(run)],
      ports,
    );
    throw fault;
  }
}

async function save(run: Run, saved: Run, ports: RunPorts): Promise<boolean> {
  return await holds([{ kind: "put", table: "market-data", item: runItem(saved), when: isAt(run) }], ports);
}

async function finish(run: Run, ports: RunPorts): Promise<boolean> {
  const isFinished = await holds(
    [
      { kind: "delete", table: "market-data", key: RUN, when: isAt(run) },
      { kind: "put", table: "market-data", item: reportItem(run) },
      ...released(run),
    ],
    ports,
  );
  if (!isFinished) return false;
  const { id, startedMs, progress } = run;
  const { sums, wallets } = progress;
  const assets = [...sums].filter(([, sum]) => differenceOf(sum) !== 0n).map(([asset]) => asset);
  const ms = ports.clock.nowMs() - startedMs;
  ports.log.info("reconciliation_finished", { id, wallets, ms, parts: run.step + 1 });
  if (assets.length > 0) ports.log.error("money_not_conserved", undefined, { id, assets });
  return true;
}

/** False where somebody else has saved meanwhile, or this was saved and its answer lost: what is there by now is the truth either way. */
async function holds(writes: readonly Write[], ports: RunPorts): Promise<boolean> {
  return (await withRetries(() => ports.store.transact(writes), ports)).ok;
}

function isAt({ id, step }: Run): readonly Condition[] {
  return [
    { attribute: "id", is: "equal", to: id },
    { attribute: "step", is: "equal", to: BigInt(step) },
  ];
}

function released({ progress }: Run): readonly Write[] {
  return [...progress.heads.keys()].map((market) => ({ ...summaryUpdate(market), remove: [WATERMARK] }));
}

function summaryUpdate(market: string) {
  return { kind: "update", table: "market-data", key: summaryKey(market) } as const;
}
