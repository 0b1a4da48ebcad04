import { figure, ratio, type Timing, timingCells, timingOf } from "../command/statistics.ts";
import type { Hops } from "./hops.ts";
import type { Load } from "./load.ts";
import type { Measured, ReportTable } from "./report.ts";

export type EndToEnd = {
  readonly clients: number;
  readonly plainCall: Timing;
  readonly plainCallsPerSecond: number;
  /** Orders whose outcome was waited for: one at a time, and from all clients at once. */
  readonly alone: Load;
  readonly crowd: Load;
  readonly one: Load;
  readonly three: Load;
  readonly hops: Hops | undefined;
};

export function endToEndReport(found: EndToEnd): Measured {
  const { clients, plainCall, plainCallsPerSecond, alone, crowd, one, three } = found;
  return {
    tables: [throughput(found), latencies(found)],
    figures: {
      clients,
      plainCall,
      plainCallsPerSecond,
      alone: figuresOf(alone),
      crowd: figuresOf(crowd),
      oneMarket: figuresOf(one),
      threeMarkets: figuresOf(three),
    },
  };
}

/** Orders with an outcome, over the time until the last one had it. */
function rateOf({ orders, settledSeconds }: Pick<Load, "orders" | "settledSeconds">): number {
  return orders / settledSeconds;
}

function figuresOf({ answersMs, errors, ...load }: Load): object {
  return {
    ...load,
    ordersPerSecond: rateOf(load),
    answer: timingOf(answersMs),
    errors: Object.fromEntries(errors),
  };
}

function throughput({ clients, plainCallsPerSecond, one, three }: EndToEnd): ReportTable {
  const row = (text: string, load: Load): (string | number)[] => [
    text,
    load.orders,
    figure(load.settledSeconds),
    figure(load.orders / load.acceptedSeconds),
    figure(rateOf(load)),
    ratio(rateOf(load), rateOf(one)),
    ratio(rateOf(load), plainCallsPerSecond),
    figure(load.orders / load.entries),
    errorsOf(load),
  ];
  return {
    title: `Orders per second, end to end on this machine (${clients} clients; half rest, half fill one of those)`,
    columns: [
      "run",
      "orders",
      "seconds",
      "accepted/s",
      "orders/s",
      "to one market",
      "to plain calls",
      "per entry",
      "errors",
    ],
    rows: [
      row("one market", one),
      row("three markets", three),
      ["plain calls: GET /api/auth/me", "", "", "", figure(plainCallsPerSecond), "", "1.00 x", "", ""],
    ],
    notes: [
      "Orders/s: with an outcome, over the time until the last order had it. The clients share the machine with the exchange.",
    ],
  };
}

function latencies({ clients, plainCall, alone, crowd, hops }: EndToEnd): ReportTable {
  const parts = hops === undefined ? undefined : hops.reserve.p50 + hops.queueHop.p50 + hops.commit.p50;
  const row = (text: string, load: Load) => {
    const timing = timingOf(load.answersMs);
    const toHops = parts === undefined ? "" : ratio(timing.p50, parts);
    return [...timingCells(text, timing), ratio(timing.p50, plainCall.p50), toHops, errorsOf(load)];
  };
  return {
    title: "Command to outcome (ms; POST /api/orders with Prefer: wait=5, one market)",
    columns: ["call", "times", "p50", "p99", "to a plain call", "to its hops", "errors"],
    rows: [
      [...timingCells("plain call: GET /api/auth/me", plainCall), "1.00 x", "", ""],
      row("an order, one at a time", alone),
      row(`an order, ${clients} clients (${figure(rateOf(crowd))}/s)`, crowd),
    ],
    notes:
      parts === undefined
        ? []
        : [`Its hops: reserve, queue and commit as measured above, together ${figure(parts)} ms at p50.`],
  };
}

function errorsOf({ errors, late }: Load): string {
  const named = [...errors].map(([code, count]) => `${code} ${count}`);
  if (late > 0) named.push(`still pending ${late}`);
  return named.length === 0 ? "none" : named.join(", ");
}
