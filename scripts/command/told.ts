/** An error whose message says all that a person needs: it is told without a stack. */
export class Told extends Error {
  override readonly name: string = "Told";
}

/** What was asked for is not possible, and why. */
export class CannotBegin extends Told {
  override readonly name = "CannotBegin";
}

export function wordsOf(cause: unknown): string {
  if (cause instanceof Told) return cause.message;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
