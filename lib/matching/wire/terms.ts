import type { OrderTerms } from "../order.ts";

/** Order terms as JSON text carries them: integers as strings, a market order without price, and so on. */
export type WireTerms = {
  readonly i: string;
  readonly u: string;
  readonly s: "b" | "s";
  readonly y?: "m";
  readonly g?: "I";
  readonly p?: string;
  readonly q?: string;
  readonly b?: string;
  readonly r: readonly [maker: string, taker: string];
};

export function termsToWire(terms: OrderTerms): WireTerms {
  return {
    i: terms.id,
    u: terms.userId,
    s: terms.side === "buy" ? "b" : "s",
    ...(terms.type === "market" ? { y: "m" } : {}),
    ...(terms.timeInForce === "IOC" ? { g: "I" } : {}),
    ...(terms.priceTicks === undefined ? {} : { p: String(terms.priceTicks) }),
    ...(terms.quantityLots === undefined ? {} : { q: String(terms.quantityLots) }),
    ...(terms.quoteBudget === undefined ? {} : { b: String(terms.quoteBudget) }),
    r: [String(terms.makerRate), String(terms.takerRate)],
  };
}

/** Reads terms and checks that they are an order which the engine can match. Throws where they are not. */
export function termsFromWire(wire: WireTerms): OrderTerms {
  assertLetters(wire);
  const terms: OrderTerms = {
    id: text(wire.i),
    userId: text(wire.u),
    side: wire.s === "b" ? "buy" : "sell",
    type: wire.y === "m" ? "market" : "limit",
    timeInForce: wire.g === "I" ? "IOC" : "GTC",
    ...(wire.p === undefined ? {} : { priceTicks: positive(wire.p) }),
    ...(wire.q === undefined ? {} : { quantityLots: positive(wire.q) }),
    ...(wire.b === undefined ? {} : { quoteBudget: positive(wire.b) }),
    makerRate: BigInt(wire.r[0]),
    takerRate: BigInt(wire.r[1]),
  };
  const spends = terms.type === "market" && terms.side === "buy";
  if ((terms.type === "limit") !== (terms.priceTicks !== undefined))
    throw new Error("a limit order has a price, others have none");
  if (spends !== (terms.quoteBudget !== undefined) || spends === (terms.quantityLots !== undefined)) {
    throw new Error("a market buy has a budget, all others a quantity");
  }
  if (terms.makerRate < 0n || terms.takerRate < 0n) throw new Error("a rate is not below zero");
  return terms;
}

/** A letter that is not known must not pass for the other one. */
function assertLetters({
  s,
  y = "m",
  g = "I",
}: {
  readonly s: unknown;
  readonly y?: unknown;
  readonly g?: unknown;
}): void {
  if ((s !== "b" && s !== "s") || y !== "m" || g !== "I")
    throw new Error("unknown side, type or time in force");
}

export function text(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Error("expected a text");
  return value;
}

/** Zero or more. */
export function amount(value: unknown): bigint {
  const number = BigInt(text(value));
  if (number < 0n) throw new Error("expected no number below zero");
  return number;
}

export function positive(value: unknown): bigint {
  const number = BigInt(text(value));
  if (number <= 0n) throw new Error("expected a positive number");
  return number;
}
