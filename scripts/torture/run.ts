import { setTimeout as sleep } from "node:timers/promises";
import { print } from "../command/terminal.ts";
import { CannotBegin } from "../command/told.ts";
import { chanceFrom } from "../demo/chance.ts";
import { gatherCrowd } from "../demo/crowd.ts";
import { type CheckGiven, checkEverything } from "./check.ts";
import type { Deposited } from "./client-view.ts";
import { openInside } from "./inside.ts";
import type { Options } from "./options.ts";
import { killsFrom } from "./plan.ts";
import { joinProber, type Prober } from "./probe.ts";
import { type Round, tellCheck, tellRound } from "./report.ts";
import type { TorturedStack } from "./tortured-stack.ts";
import { Wire } from "./wire.ts";

const RETRY_FOR_MS = 60_000;
const FIRST_PROBE_AT_MOST_MS = 30_000;
const PROBE_AT_MOST_MS = 60_000;

type Arena = Pick<CheckGiven, "crowd" | "wire" | "inside" | "deposits" | "closed" | "dataDir"> & {
  readonly stack: TorturedStack;
  readonly prober: Prober;
};

export type Summary = Awaited<ReturnType<typeof torture>>;

/** Kills and checks until the rounds or the minutes are over, a difference is found, or somebody interrupts. */
export async function torture(
  stack: TorturedStack,
  options: Options & { readonly dataDir: string },
  interruption: AbortSignal,
) {
  await stack.start().catch((cause: unknown) => {
    throw new CannotBegin(cause instanceof Error ? cause.message : String(cause));
  });
  const wire = new Wire(chanceFrom(options.seed + 1));
  const arena = await prepare(stack, wire, options);
  const rounds: Round[] = [];
  const differences: string[] = [];
  let voided = 0;
  let orders = 0;
  let checkedRounds = 0;
  /** The crowd pauses for it. */
  const check = async () => {
    wire.isCalm = true;
    await arena.crowd.stop();
    const result = await checkEverything(arena);
    voided += result.voided;
    orders = result.orders;
    differences.push(...result.differences);
    checkedRounds = rounds.length;
    tellCheck(checkedRounds, result);
  };

  const kills = killsFrom(options.seed);
  const endAt = performance.now() + options.minutes * 60_000;
  const isOver = () => rounds.length >= options.rounds || performance.now() > endAt || interruption.aborted;
  while (!isOver() && differences.length === 0) {
    arena.crowd.start();
    wire.isCalm = false;
    const kill = kills.next().value;
    await sleep(kill.afterMs, undefined, { signal: interruption }).catch(() => {});
    if (interruption.aborted) break;
    const round = await killAndRecover(arena, kill.victim);
    rounds.push(round);
    tellRound({ number: rounds.length, kill, round }, arena.crowd.tally, wire);
    if (round.fault !== undefined) differences.push(round.fault);
    else if (rounds.length % options.checkEvery === 0) await check();
  }
  if (checkedRounds < rounds.length && differences.length === 0 && !interruption.aborted) await check();
  const { tally } = arena.crowd;
  for (const [what, count] of tally.serverErrors) differences.push(`${what}: ${count} times`);
  differences.push(...tally.surprises);
  return {
    rounds,
    /** How many of the rounds had passed at the last check. */
    checkedRounds,
    /** Orders of the crowd at the last check. */
    orders,
    voided,
    differences,
    tally,
    wire,
  };
}

async function prepare(
  stack: TorturedStack,
  wire: Wire,
  { seed, traders, dataDir }: Options & { readonly dataDir: string },
): Promise<Arena> {
  const run = `${seed}-${Date.now().toString(36)}`;
  const crowd = await gatherCrowd({
    baseUrl: stack.url,
    fetch: wire.fetch,
    seed,
    traders,
    concurrency: traders,
    retryForMs: RETRY_FOR_MS,
    run,
  });
  const deposits = new Map<string, readonly Deposited[]>();
  for (const { userId, client } of crowd.traders) {
    const balances = await client.balances();
    deposits.set(
      userId,
      balances.map(({ asset, total }) => ({ asset, amount: total })),
    );
  }
  const prober = await joinProber({ url: stack.url, run, admin: crowd.admin, markets: crowd.markets });
  const first = await prober.probe(FIRST_PROBE_AT_MOST_MS);
  if ("fault" in first) throw new Error(`nothing was killed yet, and trading does not work: ${first.fault}`);
  print(`${traders} traders trade at ${stack.url}; an order is in all books after ${first.ms.toFixed(0)} ms`);
  return {
    stack,
    wire,
    crowd,
    prober,
    inside: openInside(stack.running.record()),
    deposits,
    closed: new Map(),
    dataDir,
  };
}

async function killAndRecover({ stack, prober, crowd }: Arena, victim: Round["victim"]): Promise<Round> {
  if (!stack.running.isRunning)
    return { victim, recoveryMs: 0, orders: 0, fault: `the stack gave up:\n${stack.lastWords}` };
  const acceptedBefore = crowd.tally.accepted;
  await stack.kill(victim);
  const killedAt = performance.now();
  if (victim === "whole stack") await stack.start();
  const probed = await prober.probe(PROBE_AT_MOST_MS);
  return {
    victim,
    recoveryMs: performance.now() - killedAt,
    orders: crowd.tally.accepted - acceptedBefore,
    fault:
      "fault" in probed ? `after the kill of ${victim}, trading did not go on: ${probed.fault}` : undefined,
  };
}
