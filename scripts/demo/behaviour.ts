import type { NewOrder, Side } from "../exchange/types.ts";
import type { Chance } from "./chance.ts";
import type { Values } from "./values.ts";
import type { Terms } from "./venue-terms.ts";

/** What a trader wants to do next. */
export type Intention =
  | { readonly kind: "place"; readonly order: NewOrder; readonly isMeantToFail: boolean }
  | { readonly kind: "cancel"; readonly id: string; readonly isMeantToFail: boolean }
  | { readonly kind: "cancelAll"; readonly market: string }
  | { readonly kind: "look"; readonly market: string };

export type Role = "maker" | "taker";
export type OwnOrder = { readonly id: string; readonly market: string };

export type Situation = {
  readonly terms: readonly Terms[];
  readonly values: Values;
  readonly chance: Chance;
  /** The trader's resting orders as far as it knows, oldest first. */
  readonly own: readonly OwnOrder[];
};

const MOST_QUOTES_PER_MARKET = 10;
const HALF_SPREAD = 0.0004;
const QUOTE_STEP = 0.0003;
const QUOTE_LEVELS = 6;
/** In the common unit of the values. */
const SMALLEST_ORDER = 20;
const LARGEST_ORDER = 400;

export function decide(role: Role, situation: Situation): Intention {
  const terms = situation.chance.pick(situation.terms);
  return role === "maker" ? makeMarket(terms, situation) : takeFrom(terms, situation);
}

/** Quotes on both sides of what the maker believes, and takes the oldest quotes back once there are many. */
function makeMarket(terms: Terms, situation: Situation): Intention {
  const { values, chance, own } = situation;
  values.move(terms.base);
  const quotes = own.filter((order) => order.market === terms.market);
  const luck = chance.fraction();
  if (luck < 0.01) return { kind: "cancelAll", market: terms.market };
  if (luck < 0.03) return { kind: "look", market: terms.market };
  const [oldest] = quotes;
  if (oldest !== undefined && (quotes.length >= MOST_QUOTES_PER_MARKET || luck < 0.2)) {
    return { kind: "cancel", id: oldest.id, isMeantToFail: false };
  }
  const distance = HALF_SPREAD + QUOTE_STEP * chance.below(QUOTE_LEVELS);
  return limit(terms, situation, { distance: -distance, timeInForce: "GTC" });
}

function takeFrom(terms: Terms, situation: Situation): Intention {
  const { chance, own } = situation;
  const luck = chance.fraction();
  if (luck < 0.3)
    return limit(terms, situation, { distance: chance.normal() * HALF_SPREAD, timeInForce: "GTC" });
  if (luck < 0.55) return limit(terms, situation, { distance: 2 * HALF_SPREAD, timeInForce: "IOC" });
  if (luck < 0.78) return market(terms, situation);
  if (luck < 0.93 && own.length > 0) return { kind: "cancel", id: chance.pick(own).id, isMeantToFail: false };
  if (luck < 0.95) return { kind: "cancelAll", market: terms.market };
  if (luck < 0.97) return { kind: "look", market: terms.market };
  return mistake(terms, situation);
}

type Money = Pick<Situation, "values" | "chance">;

function drawValue(terms: Terms, { values, chance }: Money): number {
  const size = SMALLEST_ORDER * (LARGEST_ORDER / SMALLEST_ORDER) ** chance.fraction();
  return size / values.of(terms.quote);
}

type LimitIdea = {
  /** How far beyond the believed price the order reaches: negative rests, positive takes. */
  readonly distance: number;
  readonly timeInForce: "GTC" | "IOC";
};

function limit(terms: Terms, money: Money, idea: LimitIdea): Intention {
  const side = sideOf(money.chance);
  const believed = money.values.price(terms.base, terms.quote);
  const price = believed * (side === "buy" ? 1 + idea.distance : 1 - idea.distance);
  const quantity = terms.quantity(drawValue(terms, money), price);
  return placing({
    market: terms.market,
    side,
    type: "limit",
    price: terms.price(price),
    quantity,
    timeInForce: idea.timeInForce,
  });
}

function market(terms: Terms, money: Money): Intention {
  const side = sideOf(money.chance);
  const value = drawValue(terms, money);
  const size =
    side === "buy"
      ? { quoteQuantity: terms.budget(value) }
      : { quantity: terms.quantity(value, money.values.price(terms.base, terms.quote)) };
  return placing({ market: terms.market, side, type: "market", ...size });
}

/** What people get wrong: the exchange is to refuse every one of these. */
function mistake(terms: Terms, money: Money): Intention {
  const price = money.values.price(terms.base, terms.quote);
  const fair: NewOrder = {
    market: terms.market,
    side: "buy",
    type: "limit",
    price: terms.price(price * (1 - HALF_SPREAD)),
    quantity: terms.quantity(drawValue(terms, money), price),
  };
  const mistakes: readonly (() => Intention)[] = [
    () => failing({ ...fair, price: terms.price(price, 0.5) }),
    () =>
      failing({ ...fair, quantity: terms.lots(Math.ceil(terms.minNotional / price / terms.lot) * 2 + 0.5) }),
    () => failing({ ...fair, price: terms.price(0), quantity: terms.lots(1) }),
    () => failing({ ...fair, side: "sell", quantity: terms.lots(1e9) }),
    () => failing({ ...fair, market: "DOGE-USDT" }),
    () => failing({ ...fair, quantity: "-1" }),
    () => ({ kind: "cancel", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", isMeantToFail: true }),
  ];
  return money.chance.pick(mistakes)();
}

function sideOf(chance: Chance): Side {
  return chance.fraction() < 0.5 ? "buy" : "sell";
}

function placing(order: NewOrder): Intention {
  return { kind: "place", order, isMeantToFail: false };
}

function failing(order: NewOrder): Intention {
  return { kind: "place", order, isMeantToFail: true };
}
