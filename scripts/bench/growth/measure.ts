import { createDynamoStore } from "../../../lib/adapters/dynamodb-store.ts";
import { differenceOf } from "../../../lib/reconciliation/conservation.ts";
import { continueRun, readRuns, startRun } from "../../../lib/reconciliation/run.ts";
import { timed } from "../../command/statistics.ts";
import type { Dynoxide } from "../../local/engines.ts";
import { CapacityMeter } from "../capacity.ts";
import { InProcessExchange } from "../in-process.ts";
import { CALLS, prepareStage, REPEATED } from "./calls.ts";
import { Crowd } from "./fill.ts";

export type Size = { readonly orders: number; readonly users: number };

export const SIZES: readonly Size[] = [
  { orders: 100, users: 10 },
  { orders: 10_000, users: 10 },
  { orders: 100_000, users: 10 },
  { orders: 110_000, users: 10_000 },
];

/** Of one call, on average. */
export type Cost = { readonly reads: number; readonly writes: number; readonly calls: number };
export type Row = { readonly name: string; readonly costs: readonly Cost[] };

const ACTORS = 10;
type Engine = Pick<Dynoxide, "tablePrefix" | "endpoint">;

/** What each endpoint and worker costs at each size, by the engine's own account; sizes follow one another in the same tables. */
export async function measureGrowth(
  { tablePrefix, endpoint, wallets }: Engine & { readonly wallets: number },
  say: (text: string) => void,
): Promise<{ readonly rows: readonly Row[]; readonly reconciled: Reconciled }> {
  const plain = createDynamoStore({ tablePrefix, endpoint });
  const crowd = new Crowd(new InProcessExchange(plain));
  const costs = new Map<string, Cost[]>();
  for (const size of SIZES) {
    await crowd.growTo(size, say);
    // Other people at each size, so that those who are measured have the same behind them.
    const [bystander, ...actors] = await new InProcessExchange(plain).openAccounts(1 + ACTORS);
    if (bystander === undefined) throw new Error("nobody has an account");
    const meter = new CapacityMeter(tablePrefix);
    const store = createDynamoStore({ tablePrefix, endpoint, meter: meter.note });
    const stage = { exchange: new InProcessExchange(store), users: actors, bystander };
    await prepareStage(stage);
    // What is put into an instance once only is not what a call costs.
    for (const { run } of CALLS) await run(stage, 0);
    await stage.exchange.matchAll();
    const note = (name: string, times: number): void => {
      const { readUnits, writeUnits, readCalls, writeCalls } = meter.usage(name);
      const cost = {
        reads: readUnits / times,
        writes: writeUnits / times,
        calls: (readCalls + writeCalls) / times,
      };
      costs.set(name, [...(costs.get(name) ?? []), cost]);
    };
    for (const { name, run } of CALLS) {
      for (let time = 1; time <= REPEATED; time++) await meter.during(name, () => run(stage, time));
      note(name, REPEATED);
    }
    await stage.exchange.matchAll();
    say(`measured with ${size.orders} live orders of ${size.users} users`);
  }
  await crowd.openWallets(wallets);
  say("all wallets are being reconciled");
  const reconciled = await reconcileAll({ tablePrefix, endpoint });
  return { rows: [...costs].map(([name, each]) => ({ name, costs: each })), reconciled };
}

export type Reconciled = {
  readonly wallets: number;
  readonly readUnits: number;
  readonly calls: number;
  readonly invocations: number;
  readonly longestMs: number;
  readonly isBalanced: boolean;
};

const INVOCATION_MS = 5_000;

/** A whole reconciliation by the worker, in short invocations, each of which knows only what the one before has saved. */
async function reconcileAll({ tablePrefix, endpoint }: Engine): Promise<Reconciled> {
  const meter = new CapacityMeter(tablePrefix);
  const store = createDynamoStore({ tablePrefix, endpoint, meter: meter.note });
  const exchange = new InProcessExchange(store);
  let invocations = 0;
  let longestMs = 0;
  await startRun(exchange.newId(), exchange);
  for (; (await readRuns(exchange)).run !== undefined; invocations++) {
    const work = () => continueRun({ untilMs: exchange.clock.nowMs() + INVOCATION_MS }, exchange);
    longestMs = Math.max(longestMs, await timed(() => meter.during("reconcile", work)));
  }
  const { report } = await readRuns(exchange);
  const { readUnits, readCalls, writeCalls } = meter.usage("reconcile");
  return {
    wallets: report?.wallets ?? 0,
    readUnits,
    calls: readCalls + writeCalls,
    invocations,
    longestMs,
    isBalanced: [...(report?.sums.values() ?? [])].every((sum) => differenceOf(sum) === 0n),
  };
}
