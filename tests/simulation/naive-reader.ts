import type { Market } from "../../lib/market/market.ts";
import type { Entry } from "../../lib/matching/entry.ts";
import type { Event } from "../../lib/matching/event.ts";
import type { OrderTerms } from "../../lib/matching/order.ts";

type Resting = { readonly terms: OrderTerms; left: bigint };

/**
 * Reads a journal's events with a list for a book and arithmetic of its own, and notes what contradicts the rules: a fill out of price and time
 * priority, across limits or beyond quantities, a fee that is not the rate's, rounded up, and an order that rests or ends when it should not.
 */
export class NaiveReader {
  readonly faults: string[] = [];
  trades = 0;
  /** Ids of all orders that ever came to the market. */
  readonly opened = new Set<string>();
  readonly #market: Market;
  /** In the order of arrival. */
  readonly #resting: Resting[] = [];
  readonly #suspended = new Map<string, Resting>();
  #taker: Resting | undefined;
  #spent = 0n;

  constructor(market: Market) {
    this.#market = market;
  }

  /** The orders that rest, in the order of arrival. */
  get resting(): readonly OrderTerms[] {
    return this.#resting.map(({ terms }) => terms);
  }

  /** The order that is being matched. */
  get taker(): OrderTerms | undefined {
    return this.#taker?.terms;
  }

  readEntry({ version, events }: Pick<Entry, "version" | "events">): void {
    for (const event of events) this.read(event);
    // A market halts by itself where it suspends an order, and never else.
    const halts = events.some((event) => event.type === "status_set" && event.number === undefined);
    if (halts && !events.some(({ type }) => type === "suspended"))
      this.faults.push(`the market halts in version ${version}, and nobody wanted it`);
  }

  read(event: Event): void {
    if (event.type === "opened") {
      this.opened.add(event.order.id);
      this.#taker = { terms: event.order, left: event.order.quantityLots ?? 0n };
      this.#spent = 0n;
    } else if (event.type === "filled") this.#fill(event);
    else if (event.type === "rested") {
      this.#rest();
    } else if (event.type === "closed") {
      this.#checkEnd(event);
      this.#remove(event.orderId);
    } else if (event.type === "suspended") this.#suspend(event.orderId);
    else if (event.type === "released") this.#release(event);
  }

  #suspend(orderId: string): void {
    const order = [this.#taker, ...this.#resting].find((each) => each?.terms.id === orderId);
    if (order === undefined) this.faults.push(`${orderId} was suspended and was not there`);
    else this.#suspended.set(orderId, order);
    this.#remove(orderId);
  }

  /** What comes back is what was suspended, once; or an order that was suspended before it ever reached the market. */
  #release({ order }: Event & { readonly type: "released" }): void {
    const suspended = this.#suspended.get(order.id);
    if (suspended === undefined && this.opened.has(order.id))
      this.faults.push(`${order.id} was released and was not suspended`);
    const left = (order.quantityLots ?? 0n) - order.filledLots;
    if (suspended !== undefined && order.quantityLots !== undefined && suspended.left !== left)
      this.faults.push(`${order.id} came back with ${left} lots of ${suspended.left}`);
    this.#suspended.delete(order.id);
    this.opened.add(order.id);
    this.#taker = { terms: order, left: order.quantityLots === undefined ? 0n : left };
    this.#spent = order.filledQuote;
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

  #rest(): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker === undefined) return;
    const { id, type, timeInForce, side } = taker.terms;
    if (type !== "limit" || timeInForce !== "GTC") this.faults.push(`${id} rests and is not to`);
    if (this.#meets(taker, this.#first(opposite(side)))) this.faults.push(`${id} rests and could trade`);
    this.#resting.push(taker);
  }

  /** Why an order may end: a taker that finds nothing more, or meets itself; whatever is cancelled may be anywhere. */
  #checkEnd({ orderId, status, reason }: Event & { readonly type: "closed" }): void {
    const taker = this.#taker;
    if (taker === undefined || taker.terms.id !== orderId) {
      if (status !== "cancelled") this.faults.push(`${orderId} was resting and ends ${status}`);
      return;
    }
    const { side, userId, type, timeInForce, quoteBudget } = taker.terms;
    const first = this.#first(opposite(side));
    const isSpent = quoteBudget !== undefined && this.#affordable(taker, first) === 0n;
    if (reason === "self_trade" && first?.terms.userId !== userId)
      this.faults.push(`${orderId} ends for a trade with itself that was not to be`);
    const hasTraded = quoteBudget === undefined || this.#spent > 0n;
    if (status === "filled" && !((isSpent && hasTraded) || (quoteBudget === undefined && taker.left === 0n)))
      this.faults.push(`${orderId} is said to be filled and is not`);
    if (status !== "expired") return;
    if (type === "limit" && timeInForce === "GTC") this.faults.push(`${orderId} expires and is to rest`);
    if (this.#meets(taker, first) && !isSpent) this.faults.push(`${orderId} expires and could trade`);
  }

  #meets({ terms: { side, priceTicks } }: Resting, other: Resting | undefined): boolean {
    const price = other?.terms.priceTicks;
    if (price === undefined) return false;
    return priceTicks === undefined || (side === "buy" ? price <= priceTicks : price >= priceTicks);
  }

  /** How many lots of an offer the rest of a budget pays for; 0 where there is no offer. */
  #affordable({ terms: { quoteBudget = 0n } }: Resting, offer: Resting | undefined): bigint {
    const price = offer?.terms.priceTicks;
    return price === undefined ? 0n : (quoteBudget - this.#spent) / (price * this.#market.tickLotUnits);
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

function opposite(side: "buy" | "sell"): "buy" | "sell" {
  return side === "buy" ? "sell" : "buy";
}
