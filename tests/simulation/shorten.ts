import { runSchedule, type ScheduleResult } from "./schedule.ts";

/** Leaves out actions and faults, one after the other, as long as the schedule still breaks an invariant. */
export async function shorten(failing: ScheduleResult): Promise<ScheduleResult> {
  const { seed } = failing;
  const withoutActions = new Set<number>();
  const withoutFaults = new Set<number>();
  let shortest = failing;
  const leaveOut = async (left: Set<number>, count: number): Promise<void> => {
    // The last ones first: what came after the failure cannot have caused it.
    for (let index = count - 1; index >= 0; index--) {
      left.add(index);
      const result = await runSchedule({ seed, withoutActions, withoutFaults });
      if (result.violations.length > 0) shortest = result;
      else left.delete(index);
    }
  };
  await leaveOut(withoutActions, failing.actions);
  await leaveOut(withoutFaults, failing.faults);
  return shortest;
}
