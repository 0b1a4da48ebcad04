import { isoTime } from "../contract/time.ts";
import { gateKey, gateStatus } from "../market/gate.ts";
import type { Market } from "../market/market.ts";
import { hourOf, statisticsKey, summaryKey } from "../market-data/market-items.ts";
import { formatDecimal } from "../money/decimal.ts";
import type { CommandQueue } from "../ports/command-queue.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { readCounts } from "../store/counters.ts";
import type { Item, Query } from "../store/store.ts";

export type DashboardPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock"> & {
  readonly queue: Pick<CommandQueue, "depth" | "deadLetterDepth">;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The exchange at a glance, at the same cost whatever its size: counters, and figures of projections, which may lag a little. Days are UTC days. */
export async function readDashboard(ports: DashboardPorts) {
  const nowMs = ports.clock.nowMs();
  const [users, registrations, money, movements, markets, deadLetterDepth] = await Promise.all([
    readCounts("users", undefined, ports),
    readCounts("users", nowMs, ports),
    readCounts("wallets", undefined, ports),
    readCounts("wallets", nowMs, ports),
    Promise.all([...ports.catalogue.markets.values()].map((market) => marketFigures(market, nowMs, ports))),
    ports.queue.deadLetterDepth(),
  ]);
  const total = numberOf(users.users);
  const frozen = numberOf(users.frozen);
  return {
    time: isoTime(nowMs),
    users: { total, active: total - frozen, frozen, newToday: numberOf(registrations.registered) },
    markets,
    withdrawals: {
      pending: numberOf(money.pendingWithdrawals),
      today: numberOf(movements.completedWithdrawals),
    },
    deposits: { today: numberOf(movements.deposits) },
    deadLetterDepth,
  };
}

function numberOf(count: bigint | undefined): number {
  return Number(count ?? 0n);
}

async function marketFigures(market: Market, nowMs: number, ports: DashboardPorts) {
  const { base, quote } = market;
  const [summary, gate] = await ports.store.getMany([
    { table: "market-data", key: summaryKey(market.market) },
    { table: "market-data", key: gateKey(market.market) },
  ]);
  const volume = { base: 0n, quote: 0n, trades: 0n };
  const hours: Query = {
    table: "market-data",
    pk: statisticsKey(market.market, nowMs).pk,
    from: hourOf(nowMs - DAY_MS + HOUR_MS),
    to: hourOf(nowMs),
  };
  for await (const hour of allItems(hours, ports)) {
    volume.base += (hour.base as bigint | undefined) ?? 0n;
    volume.quote += (hour.quote as bigint | undefined) ?? 0n;
    volume.trades += (hour.trades as bigint | undefined) ?? 0n;
  }
  const fees = (attribute: string): bigint => (summary?.[attribute] as bigint | undefined) ?? 0n;
  return {
    market: market.market,
    status: gateStatus(gate),
    openOrders: Number(summary?.openOrders ?? 0n),
    volume24h: formatDecimal(volume.base, base.decimals),
    quoteVolume24h: formatDecimal(volume.quote, quote.decimals),
    trades24h: Number(volume.trades),
    feesEarned: [
      { asset: base.asset, amount: formatDecimal(fees("feesBase"), base.decimals) },
      { asset: quote.asset, amount: formatDecimal(fees("feesQuote"), quote.decimals) },
    ],
    queueDepth: await ports.queue.depth(market.market),
  };
}

async function* allItems(query: Query, { store }: DashboardPorts): AsyncGenerator<Item> {
  let after: Item | undefined;
  do {
    const page = await store.query({ ...query, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
