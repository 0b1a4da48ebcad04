import fc from "fast-check";
import { readCatalogue } from "../../../lib/market/market.ts";
import type { Command } from "../../../lib/matching/command.ts";
import { initialHold, type OrderTerms } from "../../../lib/matching/order.ts";

/** A market whose numbers do not come out even: a lot at a tick is 5000 units, and fees are rounded. */
export const MARKET = [
  ...readCatalogue({
    assets: [
      { asset: "BTC", decimals: 8, withdrawalFee: "0" },
      { asset: "USDT", decimals: 6, withdrawalFee: "0" },
    ],
    markets: [
      {
        market: "BTC-USDT",
        base: "BTC",
        quote: "USDT",
        tickSize: "0.5",
        lotSize: "0.01",
        minNotional: "0",
        makerFee: "0.000777",
        takerFee: "0.001777",
      },
    ],
  }).markets.values(),
][0] as NonNullable<ReturnType<ReturnType<typeof readCatalogue>["markets"]["get"]>>;

export function termsOf(terms: Pick<OrderTerms, "id"> & Partial<OrderTerms>): OrderTerms {
  const { makerRate, takerRate } = MARKET;
  return { userId: "ALICE", side: "buy", type: "limit", timeInForce: "GTC", makerRate, takerRate, ...terms };
}

export function placeOf(terms: Pick<OrderTerms, "id"> & Partial<OrderTerms>): Command {
  return { kind: "place", id: terms.id, order: termsOf(terms) };
}

export function cancelOf(id: string, order: OrderTerms): Command {
  const { userId, side } = order;
  return {
    kind: "cancel",
    id,
    orderId: order.id,
    userId,
    side,
    hold: initialHold(MARKET, order),
    reason: "user",
  };
}

const userId = fc.constantFrom("ALICE", "BOB", "CAROL", "DAVE");
const side = fc.constantFrom("buy" as const, "sell" as const);
const priceTicks = fc.bigInt({ min: 97n, max: 103n });
const quantityLots = fc.bigInt({ min: 1n, max: 12n });

type Draft = (id: string, earlier: readonly OrderTerms[]) => Command;

const limits = fc
  .record({
    userId,
    side,
    priceTicks,
    quantityLots,
    timeInForce: fc.constantFrom("GTC", "GTC", "GTC", "IOC" as const),
  })
  .map(
    (terms): Draft =>
      (id) =>
        placeOf({ id, ...terms }),
  );
const marketSells = fc.record({ userId, quantityLots }).map(
  (terms): Draft =>
    (id) =>
      placeOf({ id, ...terms, side: "sell", type: "market", timeInForce: "IOC" }),
);
const marketBuys = fc.record({ userId, quoteBudget: fc.bigInt({ min: 100_000n, max: 6_000_000n }) }).map(
  (terms): Draft =>
    (id) =>
      placeOf({ id, ...terms, type: "market", timeInForce: "IOC" }),
);
/** Of what an even number of lots costs at one of the prices, so that budgets are spent to the last unit. */
const evenMarketBuys = fc.record({ userId, priceTicks, quantityLots }).map(
  (given): Draft =>
    (id) => {
      const quoteBudget = given.priceTicks * given.quantityLots * MARKET.tickLotUnits;
      return placeOf({ id, userId: given.userId, quoteBudget, type: "market", timeInForce: "IOC" });
    },
);
const cancels = fc.nat().map(
  (pick): Draft =>
    (id, earlier) => {
      const order = earlier[pick % Math.max(1, earlier.length)];
      return order === undefined
        ? { kind: "set_account_status", id, userId: "ALICE", status: "active", number: 1 }
        : cancelOf(id, order);
    },
);
const cancelAlls = fc.record({ userId, side: fc.option(side, { nil: undefined }) }).map(
  ({ userId, side }): Draft =>
    (id) => ({ kind: "cancel_all", id, userId, ...(side === undefined ? {} : { side }), reason: "user" }),
);
export function freezeOf(id: string, userId: string): Command {
  return { kind: "set_account_status", id, userId, status: "frozen", number: 1 };
}

/** Drawn apart from the order of the commands, so that some arrive the wrong way round. */
const number = fc.integer({ min: 1, max: 12 });
const accounts = fc
  .record({ status: fc.constantFrom("frozen", "active", "active" as const), userId, number })
  .map(
    (change): Draft =>
      (id) => ({ kind: "set_account_status", id, ...change }),
  );
const statuses = fc.record({ status: fc.constantFrom("open", "open", "halted" as const), number }).map(
  (change): Draft =>
    (id) => ({ kind: "set_status", id, ...change, actor: "ADMIN" }),
);

/** A market's life: mostly orders that cross, some cancels, now and then a freeze or a halt. */
export const randomCommands: fc.Arbitrary<readonly Command[]> = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: limits },
      { weight: 2, arbitrary: marketSells },
      { weight: 2, arbitrary: marketBuys },
      { weight: 3, arbitrary: evenMarketBuys },
      { weight: 6, arbitrary: cancels },
      { weight: 1, arbitrary: cancelAlls },
      { weight: 1, arbitrary: accounts },
      { weight: 1, arbitrary: statuses },
    ),
    { minLength: 1, maxLength: 80, size: "max" },
  )
  .map((drafts) => {
    const orders: OrderTerms[] = [];
    return drafts.map((draft, index) => {
      const command = draft(`C${String(index).padStart(4, "0")}`, orders);
      if (command.kind === "place") orders.push(command.order);
      return command;
    });
  });
