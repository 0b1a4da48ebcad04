import { readAuditRecord, shardsOf } from "../audit/record.ts";
import { firstIdAt } from "../contract/id.ts";
import { isoTime } from "../contract/time.ts";
import { gateKey, gateStatus } from "../market/gate.ts";
import type { Market } from "../market/market.ts";
import { hourOf, statisticsKey, summaryKey } from "../market-data/market-items.ts";
import { formatDecimal } from "../money/decimal.ts";
import type { CommandQueue } from "../ports/command-queue.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { Item, Query } from "../store/store.ts";

export type DashboardPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock"> & {
  readonly queue: Pick<CommandQueue, "depth" | "deadLetterDepth">;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The exchange at a glance: figures of projections and indexes, which may lag a little. Days are UTC days. */
export async function readDashboard(ports: DashboardPorts) {
  const nowMs = ports.clock.nowMs();
  const todayMs = nowMs - (nowMs % DAY_MS);
  const [users, markets, pending, actions, deadLetterDepth] = await Promise.all([
    countUsers(todayMs, ports),
    Promise.all([...ports.catalogue.markets.values()].map((market) => marketFigures(market, nowMs, ports))),
    countItems({ table: "wallets", index: "withdrawalStatus", pk: "pending_approval" }, ports),
    actionsOfToday(todayMs, ports),
    ports.queue.deadLetterDepth(),
  ]);
  return {
    time: isoTime(nowMs),
    users,
    markets,
    withdrawals: { pending, today: actions.withdrawals },
    deposits: { today: actions.deposits },
    deadLetterDepth,
  };
}

async function countUsers(todayMs: number, ports: DashboardPorts) {
  const counts = { total: 0, active: 0, frozen: 0, newToday: 0 };
  const today = firstIdAt(todayMs);
  for await (const user of allItems({ table: "users", index: "created", pk: "user" }, ports)) {
    counts.total++;
    if (user.status === "frozen") counts.frozen++;
    else counts.active++;
    if (String(user.id) >= today) counts.newToday++;
  }
  return counts;
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

/** Credits and withdrawal decisions of the day, from the audit records that stand in their transactions. */
async function actionsOfToday(todayMs: number, ports: DashboardPorts) {
  const actions = { deposits: 0, withdrawals: 0 };
  const count = async (pk: string): Promise<void> => {
    for await (const item of allItems({ table: "audit", pk }, ports)) {
      const { action } = readAuditRecord(item);
      if (action === "deposit_credited") actions.deposits++;
      if (action === "withdrawal_completed") actions.withdrawals++;
    }
  };
  await Promise.all(shardsOf(todayMs).map(count));
  return actions;
}

async function countItems(query: Query, ports: DashboardPorts): Promise<number> {
  let count = 0;
  for await (const _ of allItems(query, ports)) count++;
  return count;
}

async function* allItems(query: Query, { store }: DashboardPorts): AsyncGenerator<Item> {
  let after: Item | undefined;
  do {
    const page = await store.query({ ...query, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
