import { type LobsterMessage, MESSAGE_TYPE, type RestingSide } from "./lobster.ts";

/** An order that was in the book before the file begins, as far as later messages tell. */
export type EarlierOrder = {
  readonly orderId: number;
  readonly firstIndex: number;
  /** At least this much of it was there: what later messages take from it. */
  readonly size: number;
};

export type LookAhead = ReturnType<typeof lookAhead>;

/** One pass over the whole file: what the messages to come will take from which order. */
export function lookAhead(messages: readonly LobsterMessage[]) {
  const partials = new Map<number, number[]>();
  const lastNamed = new Map<number, number>();
  const fromTheFile = new Set<number>();
  const earlier = new Map<number, EarlierOrder>();
  const earlierByLevel = new Map<string, Set<number>>();
  for (const { index, type, orderId, size, side, price } of messages) {
    if (type === MESSAGE_TYPE.new) fromTheFile.add(orderId);
    if (!takesFromTheBook(type)) continue;
    lastNamed.set(orderId, index);
    if (type === MESSAGE_TYPE.partialCancel) partials.set(orderId, [...(partials.get(orderId) ?? []), size]);
    if (fromTheFile.has(orderId)) continue;
    const known = earlier.get(orderId);
    earlier.set(orderId, {
      orderId,
      firstIndex: known?.firstIndex ?? index,
      size: (known?.size ?? 0) + size,
    });
    const level = levelKey(side, price);
    earlierByLevel.set(level, (earlierByLevel.get(level) ?? new Set()).add(orderId));
  }
  return {
    /** The sizes by which later messages cancel parts of the order, in time. */
    partialCancels: (orderId: number): readonly number[] => partials.get(orderId) ?? [],
    /** Whether a message after `index` takes from the order. */
    isNamedAfter: (orderId: number, index: number) => (lastNamed.get(orderId) ?? -1) > index,
    earlierOrders: (side: RestingSide, price: number) =>
      [...(earlierByLevel.get(levelKey(side, price)) ?? [])].flatMap((orderId) => earlier.get(orderId) ?? []),
    earlierOrder: (orderId: number) => earlier.get(orderId),
  };
}

export function takesFromTheBook(type: number): boolean {
  return (
    type === MESSAGE_TYPE.partialCancel || type === MESSAGE_TYPE.deletion || type === MESSAGE_TYPE.execution
  );
}

function levelKey(side: RestingSide, price: number): string {
  return `${side}:${price}`;
}
