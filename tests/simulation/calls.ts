import type { Adversary, Fault } from "./adversary.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import type { Stillness } from "./stillness.ts";

const SLOW_MS = 400;
export const FROZEN_MS = 15_000;

/** What meets every call to the outside: its turn, and perhaps a fault, of which whoever watches over standstill is told. */
export type Calls = {
  readonly scheduler: Scheduler;
  readonly adversary: Adversary;
  readonly stillness: Stillness;
};

/** Waits for the call's turn. @returns the fault that it suffers. */
export async function meet<F extends Fault>(
  { scheduler, adversary, stillness }: Calls,
  process: Process,
  { faults, what }: { readonly faults: readonly F[]; readonly what: string },
): Promise<F | undefined> {
  const fault = adversary.choose(faults, `${what} by ${process.name}`);
  if (fault !== undefined) stillness.noteFault(process, fault);
  await scheduler.turn(process, fault === "slow" ? SLOW_MS : fault === "frozen" ? FROZEN_MS : 0);
  return fault;
}
