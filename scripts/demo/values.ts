import type { Chance } from "./chance.ts";

/** What the crowd believes the assets to be worth, in a common unit that nobody sees. */
export type Values = ReturnType<typeof walkingValues>;

const FIRST_VALUES: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 3_000, USDT: 1 };
const FIRST_VALUE_OF_OTHERS = 10;
const STABLE = "USDT";
const STEP = 0.0003;

export function walkingValues(chance: Chance) {
  const values = new Map(Object.entries(FIRST_VALUES));
  const of = (asset: string) => values.get(asset) ?? FIRST_VALUE_OF_OTHERS;
  return {
    /** One step of the random walk of one asset. */
    move: (asset: string): void => {
      if (asset !== STABLE) values.set(asset, of(asset) * Math.exp(STEP * chance.normal()));
    },
    of,
    /** Prices of all markets come from the same values, so a way around a triangle of markets gains nothing. */
    price: (base: string, quote: string) => of(base) / of(quote),
  };
}
