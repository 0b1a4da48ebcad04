import type { Level } from "../exchange/types.ts";
import { type LobsterMessage, MESSAGE_TYPE, type RecordedBook } from "./lobster.ts";
import type { Mapping } from "./mapping.ts";
import type { Step } from "./plan.ts";
import type { Venue } from "./venue.ts";

/** The levels of the record in the market's own units, beside those of the exchange. */
type Difference = {
  readonly message: LobsterMessage;
  readonly version: number;
  readonly sides: readonly {
    readonly name: "asks" | "bids";
    readonly recorded: readonly Level[];
    readonly exchange: readonly Level[];
  }[];
};

export type ReplayReport = Awaited<ReturnType<typeof runReplay>>;

export type ReplayTools = {
  readonly venue: Venue;
  readonly mapping: Mapping;
  readonly books: readonly RecordedBook[] | null;
  readonly isInterrupted: () => boolean;
  readonly onMessage: (done: number, differing: number) => void;
};

/** Follows the plan and compares the exchange's book with the record after every message that can be compared. */
export async function runReplay(steps: readonly Step[], tools: ReplayTools) {
  const { venue, mapping, books } = tools;
  const depth = Math.max(
    1,
    ...(books ?? []).slice(0, 1_000).flatMap((book) => [book.buy.length, book.sell.length]),
  );
  const written = (levels: RecordedBook["buy"]): Level[] =>
    levels.map(({ price, size }) => [mapping.price(price), mapping.quantity(size)]);
  /** Skipped are messages that change nothing visible: hidden executions, auctions, halts. */
  const count = { messages: 0, skipped: 0, compared: 0, differing: 0, levelsFromRecord: 0, requeued: 0 };
  let firstDifference: Difference | undefined;
  let version = 0;
  let startedAt = performance.now();
  for (const step of steps) {
    const { message } = step;
    if (tools.isInterrupted()) break;
    version = (await venue.carryOut(step, books !== null || message === null)) ?? version;
    if (message === null) {
      startedAt = performance.now();
      continue;
    }
    count.messages++;
    count.levelsFromRecord += step.levelsFromRecord;
    count.requeued += step.requeued;
    const recorded = books?.[message.index];
    if (message.type > MESSAGE_TYPE.execution) count.skipped++;
    else if (recorded !== undefined) {
      const book = await venue.bookAt(version, depth);
      const sides = [
        { name: "asks", recorded: written(recorded.sell), exchange: book.asks },
        { name: "bids", recorded: written(recorded.buy), exchange: book.bids },
      ] as const;
      const differs = sides.some((side) => JSON.stringify(side.recorded) !== JSON.stringify(side.exchange));
      count.compared++;
      if (differs) count.differing++;
      if (differs) firstDifference ??= { message, version: book.version, sides };
    }
    tools.onMessage(count.messages, count.differing);
  }
  return { ...count, firstDifference, seconds: (performance.now() - startedAt) / 1_000 };
}
