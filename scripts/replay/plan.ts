import { type LobsterMessage, MESSAGE_TYPE, type RecordedBook } from "./lobster.ts";
import { lookAhead, takesFromTheBook } from "./look-ahead.ts";
import { Planner, type Work } from "./planner.ts";

export type Step = Work & {
  /** Null for the seeding before the first message. */
  readonly message: LobsterMessage | null;
};

const SIDES = ["buy", "sell"] as const;

/**
 * What to ask of the exchange so that its book follows the record, message by message. With the recorded books the
 * levels that were there before are seeded; without them, orders from before the file are placed just before they
 * are first named.
 *
 * An order that the record will cancel in part is placed as several orders from the start, one for each part, so
 * that a partial cancel is the cancel of one of them and the rest keeps its place in the queue. The part that stays
 * longest stands first, because executions never reach what is cancelled later.
 */
export function planReplay(
  messages: readonly LobsterMessage[],
  books: readonly RecordedBook[] | null,
): Step[] {
  const [first] = messages;
  if (first === undefined) return [];
  const planner = new Planner(lookAhead(messages));
  const steps: Step[] = [];
  const finish = (message: LobsterMessage | null) => steps.push({ message, ...planner.finish() });
  let previous: RecordedBook | undefined;
  if (books?.[0] !== undefined) {
    previous = bookBefore(first, books[0]);
    for (const side of SIDES)
      for (const { price, size } of previous[side]) planner.seed({ side, price, size, from: 0 });
    finish(null);
  }
  for (const message of messages) {
    planner.follow(message, books === null);
    const row = books?.[message.index];
    if (row !== undefined && previous !== undefined) {
      for (const side of SIDES)
        planner.widen({ side, before: previous[side], now: row[side], index: message.index });
      previous = row;
    }
    finish(message);
  }
  return steps;
}

/** The first recorded row with the first message undone: what was there when the file begins. */
export function bookBefore(first: LobsterMessage, after: RecordedBook): RecordedBook {
  const change =
    first.type === MESSAGE_TYPE.new ? -first.size : takesFromTheBook(first.type) ? first.size : 0;
  const sizes = new Map(after[first.side].map(({ price, size }) => [price, size]));
  sizes.set(first.price, (sizes.get(first.price) ?? 0) + change);
  const levels = [...sizes].filter(([, size]) => size > 0).map(([price, size]) => ({ price, size }));
  levels.sort((a, b) => (first.side === "buy" ? b.price - a.price : a.price - b.price));
  return { ...after, [first.side]: levels };
}
