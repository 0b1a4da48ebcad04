import { compareBooks, type Difference } from "./comparison.ts";
import type { RecordedBook } from "./lobster.ts";
import { MESSAGE_TYPE } from "./lobster.ts";
import type { Mapping } from "./mapping.ts";
import type { Step } from "./plan.ts";
import type { Venue } from "./venue.ts";

export type ReplayReport = {
  readonly messages: number;
  /** Messages that change nothing visible: hidden executions, auctions, halts. */
  readonly skipped: number;
  readonly compared: number;
  readonly differing: number;
  readonly firstDifference: Difference | null;
  readonly levelsFromRecord: number;
  readonly requeued: number;
  readonly seconds: number;
};

export type ReplayTools = {
  readonly venue: Venue;
  readonly mapping: Mapping;
  readonly books: readonly RecordedBook[] | null;
  readonly isInterrupted: () => boolean;
  readonly onMessage: (done: number, differing: number) => void;
};

/** Follows the plan and compares the exchange's book with the record after every message that can be compared. */
export async function runReplay(steps: readonly Step[], tools: ReplayTools): Promise<ReplayReport> {
  const { venue, mapping, books } = tools;
  const depth = Math.max(
    1,
    ...(books ?? []).slice(0, 1_000).flatMap((book) => [book.buy.length, book.sell.length]),
  );
  const count = { messages: 0, skipped: 0, compared: 0, differing: 0, levelsFromRecord: 0, requeued: 0 };
  let firstDifference: Difference | null = null;
  let version = 0;
  let startedAt = performance.now();
  for (const { message, actions, levelsFromRecord, requeued } of steps) {
    if (tools.isInterrupted()) break;
    version = (await venue.carryOut(actions, books !== null || message === null)) ?? version;
    if (message === null) {
      startedAt = performance.now();
      continue;
    }
    count.messages++;
    count.levelsFromRecord += levelsFromRecord;
    count.requeued += requeued;
    const recorded = books?.[message.index];
    if (message.type > MESSAGE_TYPE.execution) count.skipped++;
    else if (recorded !== undefined) {
      const difference = compareBooks(message, recorded, {
        book: await venue.bookAt(version, depth),
        mapping,
      });
      count.compared++;
      if (difference !== null) count.differing++;
      firstDifference ??= difference;
    }
    tools.onMessage(count.messages, count.differing);
  }
  return { ...count, firstDifference, seconds: (performance.now() - startedAt) / 1_000 };
}
