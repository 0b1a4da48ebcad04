import type { Contender } from "./contenders.ts";
import type { Stream } from "./streams.ts";

/**
 * Plays a stream with all.
 * @returns how many trades it makes.
 * @throws where one has other trades than the first.
 */
export function compareTrades(contenders: readonly Contender<unknown>[], stream: Stream): number {
  const [first, ...others] = contenders.map((contender) => ({
    contender,
    trades: tradesOf(contender, stream),
  }));
  if (first === undefined) throw new Error("there is nobody to compare");
  for (const { contender, trades } of others) {
    const most = Math.max(trades.length, first.trades.length);
    for (let index = 0; index < most; index++) {
      if (trades[index] === first.trades[index]) continue;
      throw new Error(
        `${stream.name}, trade ${index + 1}: ${contender.name} has "${trades[index]}", ` +
          `${first.contender.name} "${first.trades[index]}"`,
      );
    }
  }
  return first.trades.length;
}

function tradesOf(contender: Contender<unknown>, { book, operations }: Stream): readonly string[] {
  const playing = contender.open();
  return [...book, ...operations].flatMap((operation) =>
    playing
      .trades(contender.form(operation))
      .map(({ makerId, takerId, lots }) => `${takerId} takes ${lots} of ${makerId}`),
  );
}
