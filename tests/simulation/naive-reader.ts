import type { Market } from "../../lib/market/market.ts";
import type { Event } from "../../lib/matching/event.ts";
import type { OrderTerms } from "../../lib/matching/order.ts";

type Resting = { readonly terms: OrderTerms; left: bigint };

/**
 * Reads a journal's events with a list for a book and arithmetic of its own, and notes what contradicts the rules: a fill out of price and time
 * priority, across limits or beyond quantities, and a fee that is not the rate's, rounded up.
 */
export class NaiveReader {
  readonly faults: string[] = [];
  trades = 0;
  readonly #market: Market;
  /** In the order of arrival. */
  readonly #resting: Resting[] = [];
  #taker: Resting | undefined;
  #spent = 0n;

  constructor(market: Market) {
    this.#market = market;
  }

  read(event: Event): void {
    if (event.type === "opened") {
      this.#taker = { terms: event.order, left: event.order.quantityLots ?? 0n };
      this.#spent = 0n;
    } else if (event.type === "filled") this.#fill(event);
    else if (event.type === "rested") {
      if (this.#taker !== undefined) this.#resting.push(this.#taker);
      this.#taker = undefined;
    } else if (event.type === "closed" || event.type === "suspended") this.#remove(event.orderId);
  }

  #fill({ makerId, lots, makerFee, takerFee }: Event & { readonly type: "filled" }): void {
    this.trades++;
    const taker = this.#taker;
    const maker = this.#resting.find(({ terms }) => terms.id === makerId);
    if (taker === undefined || maker === undefined) {
      this.faults.push(`${makerId} traded and was not there`);
      return;
    }
    const first = this.#first(maker.terms.side);
    if (first !== maker) this.faults.push(`${makerId} traded before ${first?.terms.id}`);
    const price = maker.terms.priceTicks ?? 0n;
    const limit = taker.terms.priceTicks;
    const isWithin = limit === undefined || (taker.terms.side === "buy" ? price <= limit : price >= limit);
    if (!isWithin) this.faults.push(`${taker.terms.id} traded at ${price}, beyond its limit`);
    if (taker.terms.userId === maker.terms.userId)
      this.faults.push(`${taker.terms.userId} traded with themselves`);
    const quote = price * lots * this.#market.tickLotUnits;
    const base = lots * this.#market.lotUnits;
    this.#checkFee("maker", makerFee, {
      received: maker.terms.side === "buy" ? base : quote,
      rate: maker.terms.makerRate,
    });
    this.#checkFee("taker", takerFee, {
      received: taker.terms.side === "buy" ? base : quote,
      rate: taker.terms.takerRate,
    });
    maker.left -= lots;
    if (maker.left < 0n) this.faults.push(`${makerId} sold more than it had`);
    if (maker.left === 0n) this.#remove(makerId);
    this.#spent += quote;
    if (taker.terms.quoteBudget !== undefined) {
      if (this.#spent > taker.terms.quoteBudget)
        this.faults.push(`${taker.terms.id} spent more than its budget`);
    } else {
      taker.left -= lots;
      if (taker.left < 0n) this.faults.push(`${taker.terms.id} traded more than it wanted`);
      if (taker.left === 0n) this.#taker = undefined;
    }
  }

  #checkFee(role: string, fee: bigint, { received, rate }: { received: bigint; rate: bigint }): void {
    // Rounded up means: times a million it reaches the exact fee, and one less does not.
    const exact = received * rate;
    const isRight = fee * 1_000_000n >= exact && (fee - 1n) * 1_000_000n < exact && fee <= received;
    if (!isRight) this.faults.push(`a ${role} paid ${fee} on ${received} at ${rate} millionths`);
  }

  /** Best price; among equals, whoever came first. */
  #first(side: "buy" | "sell"): Resting | undefined {
    let best: Resting | undefined;
    for (const order of this.#resting) {
      if (order.terms.side !== side) continue;
      const price = order.terms.priceTicks ?? 0n;
      const bestPrice = best?.terms.priceTicks ?? 0n;
      if (best === undefined || (side === "buy" ? price > bestPrice : price < bestPrice)) best = order;
    }
    return best;
  }

  #remove(orderId: string): void {
    if (this.#taker?.terms.id === orderId) this.#taker = undefined;
    const index = this.#resting.findIndex(({ terms }) => terms.id === orderId);
    if (index >= 0) this.#resting.splice(index, 1);
  }
}
