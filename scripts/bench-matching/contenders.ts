import { type IProcessOrder, OrderBook } from "nodejs-order-book";
import { Orderbook, TRADE_SIDE } from "orderbook-match-engine";
import { type Market, readCatalogue } from "../../lib/market/market.ts";
import type { Command } from "../../lib/matching/command.ts";
import { Effects } from "../../lib/matching/effects.ts";
import { execute } from "../../lib/matching/engine.ts";
import type { Event } from "../../lib/matching/event.ts";
import { MarketState } from "../../lib/matching/market-state.ts";
import { type Operation, PlainBook, type Side, type Trade } from "./plain-book.ts";

/** A book that plays operations in its own form, into which they are brought before anything is timed. */
export type Contender<Form> = {
  readonly name: string;
  form(operation: Operation): Form;
  /** A new, empty book. */
  open(): Playing<Form>;
};

export type Playing<Form> = {
  play(form: Form): void;
  /** Plays as well, and tells the trades. */
  trades(form: Form): readonly Trade[];
};

/** Whoever rests and whoever crosses is somebody else, so that none trades with themselves; each has a hundred orders or so. */
const USERS = 100;
/** Commands that one entry holds, after which its changes are final. */
const ENTRY = 10;

const catalogue = readCatalogue({
  assets: ["AAA", "BBB"].map((asset) => ({ asset, decimals: 8, withdrawalFee: "0" })),
  markets: [
    {
      market: "AAA-BBB",
      base: "AAA",
      quote: "BBB",
      tickSize: "0.01",
      lotSize: "0.0001",
      minNotional: "0.0001",
      makerFee: "0.001",
      takerFee: "0.002",
    },
  ],
});

const ours: Contender<Command> = {
  name: "this exchange",
  form: (operation) => {
    const id = String(operation.id).padStart(10, "0");
    if (operation.kind === "cancel") {
      const userId = `U${operation.id % USERS}`;
      return { kind: "cancel", id: `C${id}`, orderId: id, userId, side: "buy", hold: 0n, reason: "user" };
    }
    const crosses = operation.price === 1 || operation.price === 200_000;
    return {
      kind: "place",
      id,
      order: {
        id,
        userId: `${crosses ? "T" : "U"}${operation.id % USERS}`,
        side: operation.side,
        type: "limit",
        timeInForce: "GTC",
        priceTicks: BigInt(operation.price),
        quantityLots: BigInt(operation.lots),
        makerRate: 1_000n,
        takerRate: 2_000n,
      },
    };
  },
  open: () => {
    const state = new MarketState(catalogue.markets.get("AAA-BBB") as Market);
    let commands = 0;
    const run = (command: Command): Effects => {
      const effects = new Effects();
      const events: Event[] = [];
      execute(state, command, (event) => {
        state.apply(event, effects);
        events.push(event);
        return "done";
      });
      if (++commands % ENTRY === 0) state.keep();
      return effects;
    };
    return {
      play: run,
      trades: (command) =>
        run(command).trades.map(({ maker, taker, lots }) => ({
          makerId: Number(maker.id),
          takerId: Number(taker.id),
          lots: Number(lots),
        })),
    };
  },
};

type Limit = { readonly side: Side; readonly id: string; readonly size: number; readonly price: number };

const nodejs: Contender<Limit | string> = {
  name: "nodejs-order-book",
  form: (operation) =>
    operation.kind === "cancel"
      ? String(operation.id)
      : { side: operation.side, id: String(operation.id), size: operation.lots, price: operation.price },
  open: () => {
    const book = new OrderBook();
    const left = new Map<string, number>();
    const play = (form: Limit | string): IProcessOrder | undefined => {
      if (typeof form !== "string") return book.limit(form as Parameters<typeof book.limit>[0]);
      book.cancel(form);
      return undefined;
    };
    /** It tells which orders are done and which is done in part, so what each had left has to be remembered. */
    const trades = (form: Limit | string): readonly Trade[] => {
      const result = play(form);
      if (typeof form === "string" || result === undefined) return [];
      left.set(form.id, form.size);
      const makers = result.done.map(({ id }) => id).filter((id) => id !== form.id);
      const told = makers.map((id) => ({
        makerId: Number(id),
        takerId: Number(form.id),
        lots: left.get(id) ?? 0,
      }));
      const { partial } = result;
      if (partial === null || partial.id === form.id) return told;
      const lots = result.partialQuantityProcessed;
      left.set(partial.id, (left.get(partial.id) ?? 0) - lots);
      return [...told, { makerId: Number(partial.id), takerId: Number(form.id), lots }];
    };
    return { play, trades };
  },
};

const engine: Contender<Operation> = {
  name: "orderbook-match-engine",
  form: (operation) => operation,
  open: () => {
    const book = new Orderbook();
    const sides = { buy: TRADE_SIDE.BID, sell: TRADE_SIDE.ASK };
    const play = (operation: Operation) => {
      if (operation.kind === "place")
        return book.add(operation.id, sides[operation.side], operation.price, operation.lots);
      book.cancel(operation.id);
      return undefined;
    };
    return {
      play,
      trades: (operation) =>
        (play(operation)?.trades ?? []).map(({ makerOrderId, takerOrderId, tradeQuantity }) => ({
          makerId: makerOrderId,
          takerId: takerOrderId,
          lots: Number(tradeQuantity.toString()),
        })),
    };
  },
};

const plain: Contender<Operation> = {
  name: "plain objects, no features",
  form: (operation) => operation,
  open: () => {
    const book = new PlainBook();
    return {
      play: (operation) => book.play(operation),
      trades: (operation) => {
        const trades: Trade[] = [];
        book.play(operation, (trade) => trades.push(trade));
        return trades;
      },
    };
  },
};

/** The first is compared with the libraries after it; the last one says what is possible. */
export const CONTENDERS = [ours, engine, nodejs, plain] as readonly Contender<unknown>[];
export const LIBRARIES: readonly string[] = [engine.name, nodejs.name];
