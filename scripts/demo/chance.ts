/** A stream of numbers that look random and are the same for the same seed. */
export type Chance = {
  /** In [0, 1). */
  fraction(): number;
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** Normally distributed around 0 with deviation 1, near enough for prices. */
  normal(): number;
};

/** Mulberry32: small, fast, and good enough to make a market move. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    normal: () => Array.from({ length: 12 }, fraction).reduce((sum, part) => sum + part, -6),
  };
}
