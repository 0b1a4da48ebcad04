import type { Command } from "../../../lib/matching/command.ts";
import type { OrderTerms, Side } from "../../../lib/matching/order.ts";
import { MARKET } from "./random-commands.ts";

type NaiveOrder = OrderTerms & { lots: bigint; quote: bigint; fee: bigint; outcome: string };

/**
 * Matching in the plainest way there is: a list of orders in the order of their arrival, searched from end to end for every fill.
 * What the engine is compared with.
 */
export class NaiveMarket {
  readonly orders = new Map<string, NaiveOrder>();
  readonly trades: string[] = [];
  resting: NaiveOrder[] = [];
  status = "open";
  statusNumber = 0;
  readonly accounts = new Map<string, { readonly status: string; readonly number: number }>();

  run(command: Command): void {
    switch (command.kind) {
      case "place":
        this.#place({ ...command.order, lots: 0n, quote: 0n, fee: 0n, outcome: "" });
        return;
      case "cancel":
        this.#cancel((order) => order.id === command.orderId, "cancelled user");
        return;
      case "cancel_all":
        this.#cancel(
          (order) => order.userId === command.userId && (command.side ?? order.side) === order.side,
          "cancelled user",
        );
        return;
      case "set_account_status": {
        const { userId, status, number } = command;
        if (number <= (this.accounts.get(userId)?.number ?? 0)) return;
        this.accounts.set(userId, { status, number });
        if (status === "frozen") this.#cancel((order) => order.userId === userId, "cancelled account_frozen");
        return;
      }
      case "set_status":
        if (command.number <= this.statusNumber) return;
        this.status = command.status;
        this.statusNumber = command.number;
    }
  }

  /** One side in the order in which it trades. */
  queue(side: Side): readonly NaiveOrder[] {
    const better = side === "buy" ? -1 : 1;
    const price = (order: NaiveOrder): number => Number(order.priceTicks) * better;
    // Sorting is stable, and the list is in the order of arrival.
    return this.resting.filter((order) => order.side === side).sort((a, b) => price(a) - price(b));
  }

  #cancel(isMeant: (order: NaiveOrder) => boolean, outcome: string): void {
    for (const order of this.resting.filter(isMeant)) order.outcome = outcome;
    this.resting = this.resting.filter((order) => !isMeant(order));
  }

  #place(taker: NaiveOrder): void {
    this.orders.set(taker.id, taker);
    if (this.status === "halted") taker.outcome = "rejected market_halted";
    else if (this.accounts.get(taker.userId)?.status === "frozen") taker.outcome = "rejected account_frozen";
    else taker.outcome = this.#match(taker);
    if (taker.outcome.startsWith("open") || taker.outcome.startsWith("partially")) this.resting.push(taker);
  }

  #match(taker: NaiveOrder): string {
    for (;;) {
      const [maker] = this.queue(taker.side === "buy" ? "sell" : "buy");
      const isSpent = taker.quoteBudget !== undefined && taker.quoteBudget === taker.quote;
      if (isSpent || taker.quantityLots === taker.lots) return "filled ";
      if (maker === undefined || !crosses(taker, maker)) return afterwards(taker);
      const price = maker.priceTicks ?? 0n;
      const offered = (maker.quantityLots ?? 0n) - maker.lots;
      const left = (taker.quoteBudget ?? 0n) - taker.quote;
      const wanted =
        taker.quantityLots === undefined
          ? left / (price * MARKET.tickLotUnits)
          : taker.quantityLots - taker.lots;
      if (maker.userId === taker.userId) return "cancelled self_trade";
      if (wanted === 0n) return taker.lots > 0n ? "filled " : "expired unfilled";
      this.#trade({ maker, taker, lots: wanted < offered ? wanted : offered });
    }
  }

  #trade({ maker, taker, lots }: { maker: NaiveOrder; taker: NaiveOrder; lots: bigint }): void {
    const quote = (maker.priceTicks ?? 0n) * lots * MARKET.tickLotUnits;
    const base = lots * MARKET.lotUnits;
    for (const [order, rate] of [
      [maker, maker.makerRate],
      [taker, taker.takerRate],
    ] as const) {
      order.lots += lots;
      order.quote += quote;
      const received = order.side === "buy" ? base : quote;
      order.fee += (received * rate + 999_999n) / 1_000_000n;
    }
    this.trades.push(`${maker.id} ${taker.id} ${maker.priceTicks} ${lots}`);
    maker.outcome = maker.lots === maker.quantityLots ? "filled " : "partially_filled ";
    if (maker.lots === maker.quantityLots) this.resting = this.resting.filter((order) => order !== maker);
  }
}

function crosses(taker: NaiveOrder, maker: NaiveOrder): boolean {
  if (taker.priceTicks === undefined || maker.priceTicks === undefined) return true;
  return taker.side === "buy" ? taker.priceTicks >= maker.priceTicks : taker.priceTicks <= maker.priceTicks;
}

function afterwards(taker: NaiveOrder): string {
  if (taker.timeInForce === "IOC") return "expired unfilled";
  return taker.lots > 0n ? "partially_filled " : "open ";
}
