import { timingCells, timingOf } from "../command/statistics.ts";
import { alignedTable, heading, print, table } from "../command/terminal.ts";
import type { ExchangeClient } from "../exchange/client.ts";
import type { Market, OrderBook } from "../exchange/types.ts";
import type { Crowd } from "./crowd.ts";
import type { Tally } from "./tally.ts";
import type { Trader } from "./trader.ts";

const BOOK_DEPTH = 5;
const TRADES_PER_MARKET = 5;
const TRADERS_OF_EACH_ROLE = 2;

export async function printMarkets(client: ExchangeClient, markets: readonly Market[]): Promise<void> {
  const trades: string[][] = [];
  for (const { market } of markets) {
    const book = await client.orderbook(market, BOOK_DEPTH);
    heading(`${market}, the best of the book at version ${book.version}`);
    printBook(book);
    for (const trade of await client.marketTrades(market, TRADES_PER_MARKET)) {
      const { time, takerSide, quantity, price } = trade;
      trades.push([market, time.slice(11, 23), takerSide === "buy" ? "bought" : "sold", quantity, price]);
    }
  }
  heading("Last trades");
  print(table(["market", "time (UTC)", "the taker", "quantity", "price"], trades, { left: 3 }));
}

function printBook({ bids, asks }: OrderBook): void {
  const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, at) => {
    const [bid = "", bidden = ""] = bids[at] ?? [];
    return [bidden, bid, ...(asks[at] ?? ["", ""])];
  });
  const columns = [
    ["quantity", "right"],
    ["bid", "right"],
    ["ask", "left"],
    ["quantity", "left"],
  ] as const;
  print(rows.length === 0 ? "  (empty)" : alignedTable(columns, rows));
}

export async function printBalances(traders: readonly Trader[]): Promise<void> {
  heading("Balances of some traders");
  const shown = (["maker", "taker"] as const).flatMap((role) =>
    traders.filter((trader) => trader.role === role).slice(0, TRADERS_OF_EACH_ROLE),
  );
  const rows: string[][] = [];
  for (const { name, client } of shown) {
    for (const { asset, available, locked, total } of await client.balances()) {
      rows.push([name, asset, available, locked, total]);
    }
  }
  print(table(["trader", "asset", "available", "locked", "total"], rows, { left: 2 }));
}

export function printTally({ tally, traders }: Crowd, seconds: number): void {
  heading("What happened");
  const rate = (count: number) => (count / seconds).toFixed(1);
  print(
    table(
      [`${traders.length} traders, ${seconds.toFixed(0)} s`, "count", "per second"],
      [
        ["orders accepted", tally.accepted, rate(tally.accepted)],
        ["cancels accepted", tally.cancels, rate(tally.cancels)],
        ["refused", tally.refused, rate(tally.refused)],
        ["requests", tally.requests, rate(tally.requests)],
      ],
    ),
  );
  print(
    table(
      ["latency of accepted orders", "orders", "p50 ms", "p99 ms"],
      [
        timingCells("accepted and reserved", timingOf(tally.acceptedMs)),
        timingCells("in the book or filled (Prefer: wait)", timingOf(tally.inTheBookMs)),
      ],
    ),
  );
  const refusals = tally.refusals.map(({ code, meant, byChance }) => [code, meant, byChance]);
  if (refusals.length > 0) print(table(["refused", "meant to be", "by chance"], refusals));
}

/** Prints what should not have happened. Answers whether any of it is the exchange's fault. */
export function printFaults(tally: Tally, pending: number): boolean {
  const outages: (string | number)[][] = [
    ["requests without an answer", tally.noAnswer],
    ["503: a part was down", tally.unavailable],
    ["calls given up", tally.givenUp],
  ].filter(([, count]) => count !== 0);
  const faults: (string | number)[][] = [...tally.serverErrors];
  if (pending > 0) faults.push(["orders still pending", pending]);
  if (tally.surprises.length > 0)
    faults.push(["accepted though it should have been refused", tally.surprises.length]);
  if (outages.length + faults.length === 0) print("No unexpected errors.");
  else print(table(["unexpected", "count"], [...outages, ...faults]));
  for (const surprise of tally.surprises.slice(0, 3)) print(`  ${surprise}`);
  return faults.length > 0;
}
