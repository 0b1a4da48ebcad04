import { PENDING_LIMIT_MS } from "../../lib/trading/sweep.ts";
import { type Chance, chanceFrom } from "../../scripts/demo/chance.ts";
import { Adversary } from "./adversary.ts";
import { comeBack } from "./come-back.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import { judge, judgeAtRest } from "./judge.ts";
import { MarketDataJudge } from "./market-data-judge.ts";
import { Memory } from "./memory.ts";
import { prepare } from "./prepare.ts";
import { type Process, Scheduler } from "./scheduler.ts";
import { damageSnapshot, saveSnapshots } from "./snapshot-trouble.ts";
import { type Action, drawAction, MARKETS, USERS } from "./traffic.ts";
import { World } from "./world.ts";

export type ScheduleOptions = {
  readonly seed: number;
  /** Client actions, and single faults, that are left out: how a failing schedule is shortened. */
  readonly withoutActions?: ReadonlySet<number>;
  readonly withoutFaults?: ReadonlySet<number>;
};

export type ScheduleResult = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly hits: ReadonlyMap<string, number>;
  readonly story: readonly string[];
  readonly actions: number;
  readonly faults: number;
  readonly steps: number;
};

/**
 * Trouble ends at last: nobody can promise that a recovery of many reads succeeds while one in ten fails, nor that the world falls idle while
 * projectors are woken faster than they can read. What is under way by then must come to rest in as many steps again.
 */
const TROUBLED_STEPS = 30_000;
const MOST_STEPS = 2 * TROUBLED_STEPS;
const CONTENDED_MS = 10_000;
const SNAPSHOTS_LOST_SHARE = 0.2;

/** One world, its traffic and its faults, from a seed: the same seed gives the same story. */
export async function runSchedule({
  seed,
  withoutActions = new Set(),
  withoutFaults = new Set(),
}: ScheduleOptions): Promise<ScheduleResult> {
  const chance = chanceFrom(seed);
  // Streams of their own, so that leaving out a action or a fault does not change all others.
  const streams = {
    turns: chanceFrom(seed ^ 0x1111),
    faults: chanceFrom(seed ^ 0x2222),
    world: chanceFrom(seed ^ 0x3333),
  };
  const scheduler = new Scheduler(streams.turns);
  const adversary = new Adversary(streams.faults, {
    rate: chance.pick([0, 0.02, 0.05, 0.1]),
    spared: withoutFaults,
  });
  const world = new World(scheduler, adversary, streams.world);
  const memory = new Memory();
  const actions = 10 + chance.below(40);
  const cast: Cast = { chance, scheduler, adversary, world, memory };
  let violations: readonly string[];
  try {
    violations = await play(cast, { actions, withoutActions });
  } catch (fault) {
    violations = [`thrown: ${describe(fault)}`];
  }
  if (scheduler.fault !== undefined) violations = [`thrown: ${describe(scheduler.fault)}`, ...violations];
  return {
    seed,
    violations,
    hits: adversary.hits,
    story: adversary.story,
    actions,
    faults: adversary.decisions,
    steps: scheduler.steps,
  };
}

type Cast = Stage & { readonly chance: Chance; readonly adversary: Adversary; readonly memory: Memory };

/** Traffic and trouble, until all actions are done; then peace, and the verdict. Ends at the first violation. */
async function play(
  cast: Cast,
  { actions, withoutActions }: { readonly actions: number; readonly withoutActions: ReadonlySet<number> },
): Promise<readonly string[]> {
  const { chance, scheduler, adversary, world, memory } = cast;
  adversary.isActive = false;
  const damage = await prepare(cast, (body) => run(scheduler, body));
  adversary.isActive = true;
  const drawn = Array.from({ length: actions }, (): Action => drawAction(chance, memory));
  const next = drawn.entries();
  const marketData = new MarketDataJudge(world.store.replicas.truth);
  for (let upcoming = next.next(); !upcoming.done || !scheduler.isIdle; ) {
    if (upcoming.done && scheduler.steps > TROUBLED_STEPS) break;
    if (scheduler.fault !== undefined) return [];
    if (world.stillness.violations.length > 0) return world.stillness.violations;
    const roll = chance.fraction();
    if (!upcoming.done && roll < 0.12) {
      const [index, action] = upcoming.value;
      if (!withoutActions.has(index)) start(action, cast);
      upcoming = next.next();
    }
    if (roll > 0.75) startDelivery(chance.pick(MARKETS), cast);
    if (roll > 0.6 && roll < 0.62) scheduler.start("projector", (process) => world.project(process));
    await disturb(cast);
    if (roll > 0.5 && roll < 0.505) {
      const violations = [
        ...(await judge(world.store.replicas.truth, damage)),
        ...(await marketData.judge()),
      ];
      if (violations.length > 0) return violations;
    }
    if (!(await scheduler.step()) && upcoming.done) break;
  }
  if (scheduler.fault !== undefined) return [];
  adversary.isActive = false;
  world.store.contention.end();
  await comeToRest(cast);
  const { stillness, queues } = world;
  const { recreated, sent } = queues;
  const kept = await marketData.judge();
  const withoutSnapshots = chance.fraction() < SNAPSHOTS_LOST_SHARE;
  const back = await comeBack(world, { run: (body) => run(scheduler, body), withoutSnapshots });
  if (scheduler.fault !== undefined) return [];
  const atRest = await judgeAtRest(world.store.replicas.truth, {
    memory,
    damage,
    recreated,
    sent,
    epochOf: (market) => queues.epochOf(market),
  });
  // What was robbed while wallets were read may be missing from one and not from another.
  const reports = damage === undefined ? world.reconciler.unbalanced : [];
  return [
    ...world.matchers.broken,
    ...stillness.violations,
    ...world.queues.late,
    ...kept,
    ...back,
    ...reports,
    ...atRest,
  ];
}

function describe(fault: unknown): string {
  return fault instanceof Error
    ? (fault.stack ?? fault.message).split("\n").slice(0, 6).join(" | ")
    : String(fault);
}

type Stage = { readonly scheduler: Scheduler; readonly world: World };

function start(
  action: Action,
  { scheduler, world, adversary }: Stage & { readonly adversary: Adversary },
): void {
  adversary.story.push(`-- ${action.name}`);
  scheduler.start(action.name, (process) => action.run(world.portsOf(() => process)));
}

function startDelivery(market: string, { scheduler, world }: Stage): void {
  if (world.queues.waiting(market) > 0)
    scheduler.start(`matcher of ${market}`, (process) => world.matchers.deliver(process, market));
}

/** What goes wrong in the world by itself, rather than at a call. */
async function disturb({
  chance,
  scheduler,
  adversary,
  world,
}: Stage & { readonly chance: Chance; readonly adversary: Adversary }): Promise<void> {
  const market = chance.pick(MARKETS);
  const roll = chance.fraction();
  if (roll < 0.1 && adversary.strikes("second_consumer", market)) {
    world.queues.redeliver(market);
    startDelivery(market, { scheduler, world });
  } else if (roll > 0.1 && roll < 0.12 && adversary.strikes("projector_woken_twice", "")) {
    for (const name of ["a", "b"]) scheduler.start(`projector ${name}`, (process) => world.project(process));
  } else if (roll > 0.12 && roll < 0.14 && adversary.strikes("sweep", "")) {
    world.leap(PENDING_LIMIT_MS * chance.fraction() * 1.2);
    scheduler.start("sweeper", (process) => world.sweep(process));
  } else if (roll > 0.14 && roll < 0.16 && adversary.strikes("clock_off", "")) {
    world.leap(chance.below(20_000));
  } else if (roll > 0.16 && roll < 0.19 && adversary.strikes("queue_recreated", market)) {
    // Somebody may still hold messages of the old queue that another consumer has completed.
    world.queues.redeliver(market);
    startDelivery(market, { scheduler, world });
    for (let turn = chance.below(60); turn > 0; turn--) await scheduler.step();
    world.queues.lose(market);
  } else if (roll > 0.19 && roll < 0.22 && adversary.strikes("snapshot_damaged", market)) {
    await damageSnapshot(market, { world });
  } else if (roll > 0.23 && roll < 0.27 && adversary.strikes("snapshots_anywhere", market)) {
    await saveSnapshots(market, { chance, world });
  } else if (roll > 0.27 && roll < 0.29 && adversary.strikes("message_doubled", market)) {
    world.queues.doubleMessage(market);
  } else if (roll > 0.29 && roll < 0.33 && adversary.strikes("market_contended", market)) {
    world.store.contend(market, chance.below(6_000));
  } else if (roll > 0.33 && roll < 0.333) {
    // Also where nothing else goes wrong, for only there can a command be said to have waited for nothing.
    adversary.note("wallet_contended");
    const fromMs = scheduler.nowMs();
    world.store.contention.contend(chance.pick(USERS), { fromMs, untilMs: fromMs + CONTENDED_MS });
  } else if (roll > 0.34 && roll < 0.344) {
    adversary.note("reconciliation");
    scheduler.start("reconciler", (process) => world.reconcile(process));
  } else if (roll > 0.22 && roll < 0.23) {
    world.queues.sendRaw(market, "{ no command");
    adversary.note("unreadable_message");
  }
}

/** No more faults: what is under way ends, queues drain, the sweeper and the projector do their work. */
async function comeToRest({ scheduler, world }: Stage): Promise<void> {
  await drain({ scheduler, world });
  scheduler.advance(PENDING_LIMIT_MS + 60_000);
  // The first sweep brings about what is desired, the second finds that it is.
  for (let sweep = 0; sweep < 2; sweep++) {
    await run(scheduler, (process) => world.sweep(process));
    await drain({ scheduler, world });
  }
  await run(scheduler, (process) => world.project(process));
  await run(scheduler, (process) => world.reconcile(process));
}

async function drain({ scheduler, world }: Stage): Promise<void> {
  for (let round = 0; round < 200; round++) {
    while (!scheduler.isIdle && (await stepWithin(scheduler)));
    const left = [...CATALOGUE.markets.keys()].filter((market) => world.queues.waiting(market) > 0);
    if (left.length === 0 || scheduler.fault !== undefined) return;
    for (const market of left) await run(scheduler, (process) => world.matchers.deliver(process, market));
    scheduler.advance(1_000);
  }
  throw new Error("queues do not drain");
}

async function run(scheduler: Scheduler, body: (process: Process) => Promise<void>): Promise<void> {
  const process = scheduler.start("rest", body);
  while (!process.ended && (await stepWithin(scheduler)));
}

async function stepWithin(scheduler: Scheduler): Promise<boolean> {
  if (scheduler.steps > MOST_STEPS) throw new Error("the world does not come to rest");
  return await scheduler.step();
}
