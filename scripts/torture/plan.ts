import { type Chance, chanceFrom } from "../demo/chance.ts";

export const VICTIMS = ["whole stack", "matchers", "event sources", "api", "sqs", "dynamodb"] as const;
export type Victim = (typeof VICTIMS)[number];

export type Kill = {
  readonly victim: Victim;
  /** How long trading goes on undisturbed before it. */
  readonly afterMs: number;
};

const SHORTEST_MS = 700;
const LONGEST_MS = 3_500;

/**
 * Kills without end, the same for the same seed. Every victim is drawn once before any is drawn again: a short run meets them all, and
 * none so often in a row that the supervisor would give the stack up.
 */
export function* killsFrom(seed: number): Generator<Kill, never> {
  const chance = chanceFrom(seed);
  for (;;) {
    for (const victim of shuffled(VICTIMS, chance)) {
      yield { victim, afterMs: Math.round(SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * chance.fraction()) };
    }
  }
}

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const left = [...items];
  return items.map(() => {
    const item = chance.pick(left);
    left.splice(left.indexOf(item), 1);
    return item;
  });
}
