import { versionKey } from "../journal/journal-items.ts";
import { readJournal } from "../journal/read-journal.ts";
import { newestSnapshot } from "../journal/snapshots.ts";
import type { Market } from "../market/market.ts";
import { summaryKey, tradesKey } from "../market-data/market-items.ts";
import { TRADES } from "../market-data/projections/trades.ts";
import { MarketState } from "../matching/market-state.ts";
import { type Replayed, replay } from "../matching/replay.ts";
import { stateText } from "../matching/snapshot.ts";
import { orderFrom } from "../orders/order-item.ts";
import type { Item } from "../store/store.ts";
import { closedBy, OrderComparison, onBook } from "./compare-orders.ts";
import type { ReconciliationPorts } from "./conservation.ts";

export type MarketCheck = {
  readonly entries: number;
  readonly trades: number;
  readonly liveOrders: number;
  readonly differences: readonly string[];
};

/** Differences of one kind are all alike; the first ones tell enough. */
const MOST_DIFFERENCES = 20;

/**
 * Replays a market's journal from the first entry and compares: the chain of hashes, commands applied once, the book never crossed, the
 * newest snapshot, the projected trades, and every order of the table that the market has had, closed ones as they close.
 */
export async function checkMarket(market: Market, ports: ReconciliationPorts): Promise<MarketCheck> {
  const differences: string[] = [];
  const state = new MarketState(market);
  const snapshot = await newestSnapshot(market, ports);
  const summaryVersion = await projectedVersion(market, ports);
  const commands = new Set<string>();
  /** The version that last changed each order that is on the book. */
  const versions = new Map<string, number>();
  const closed = new OrderComparison(market, ports);
  let trades = 0;
  const visit = async (replayed: Replayed): Promise<void> => {
    const { entry, effects } = replayed;
    for (const id of entry.commands) {
      if (commands.has(id) && !isIgnored(replayed, id))
        differences.push(`${market.market}: command ${id} was applied twice`);
      commands.add(id);
    }
    for (const id of effects.orders.keys()) versions.set(id, entry.version);
    differences.push(...(await closed.compare(closedBy(replayed))));
    trades += effects.trades.length;
    const bid = state.book.best("buy")?.priceTicks ?? 0n;
    const ask = state.book.best("sell")?.priceTicks;
    if (ask !== undefined && bid >= ask)
      differences.push(`${market.market}: the book is crossed at version ${entry.version}`);
    if (snapshot?.head.version === entry.version && stateText(snapshot) !== stateText(state)) {
      differences.push(
        `${market.market}: the snapshot of version ${entry.version} is not what the journal gives`,
      );
    }
    if (entry.version <= summaryVersion) await compareTrades(replayed, differences, ports);
  };
  try {
    for await (const run of readJournal({ market: market.market, after: 0 }, ports)) {
      for (const sealed of run) await visit(replay(state, sealed));
    }
  } catch (fault) {
    differences.push(`${market.market}: ${fault instanceof Error ? fault.message : String(fault)}`);
    return { entries: state.head.version, trades, liveOrders: state.book.size, differences };
  }
  const live = new OrderComparison(market, ports, state.head.version);
  const found = [
    ...differences,
    ...(await closed.rest()),
    ...(await live.compare(onBook({ state, versions }))),
    ...(await live.rest()),
    ...(await compareLiveIndex(state, ports)),
  ];
  return {
    entries: state.head.version,
    trades,
    liveOrders: state.book.size,
    differences: found.slice(0, MOST_DIFFERENCES),
  };
}

function isIgnored({ entry }: Replayed, commandId: string): boolean {
  return entry.events.some((event) => event.type === "ignored" && event.commandId === commandId);
}

async function projectedVersion(market: Market, { store }: ReconciliationPorts): Promise<number> {
  const summary = await store.get({ table: "market-data", key: summaryKey(market.market) });
  return Number(summary?.[TRADES.watermark] ?? 0n);
}

async function compareTrades(
  replayed: Replayed,
  differences: string[],
  { store }: ReconciliationPorts,
): Promise<void> {
  if (replayed.effects.trades.length === 0) return;
  const { market, version } = replayed.entry;
  const wanted = TRADES.rows(replayed).find(({ item }) => item.pk === tradesKey(market))?.item.trades;
  const stored = await store.get({
    table: "market-data",
    key: { pk: tradesKey(market), sk: versionKey(version) },
  });
  if (stored?.trades !== wanted)
    differences.push(`${market}: the trades of version ${version} are not those of the journal`);
}

/** Every live order of the table that the market has had is on the book. */
async function compareLiveIndex(
  state: MarketState,
  { store }: ReconciliationPorts,
): Promise<readonly string[]> {
  const differences: string[] = [];
  let after: Item | undefined;
  do {
    const page = await store.scan({
      table: "orders",
      index: "live",
      ...(after === undefined ? {} : { after }),
    });
    const places = page.items.map(({ pk, sk }) => ({
      table: "orders" as const,
      key: { pk: String(pk), sk: String(sk) },
    }));
    for (let start = 0; start < places.length; start += 100) {
      for (const item of await store.getMany(places.slice(start, start + 100))) {
        if (item === undefined) continue;
        const order = orderFrom(item);
        const isOurs =
          order.market === state.market.market && order.status !== "pending" && item.liveUserId !== undefined;
        if (!isOurs || order.reason === "suspended" || (order.version ?? 0) > state.head.version) continue;
        if (state.book.get(order.terms.id) === undefined && state.taker?.id !== order.terms.id) {
          differences.push(
            `${state.market.market}: order ${order.terms.id} is live in the table and not on the book`,
          );
        }
      }
    }
    after = page.next;
  } while (after !== undefined);
  return differences;
}
