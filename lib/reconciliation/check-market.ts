import { versionKey } from "../journal/journal-items.ts";
import { readJournal } from "../journal/read-journal.ts";
import { newestSnapshot } from "../journal/snapshots.ts";
import type { Market } from "../market/market.ts";
import { tradesKey } from "../market-data/market-items.ts";
import { rowsOf } from "../market-data/projection.ts";
import { MarketState, openStatus } from "../matching/market-state.ts";
import type { LiveOrder } from "../matching/order.ts";
import { type Replayed, replay } from "../matching/replay.ts";
import { stateText } from "../matching/snapshot.ts";
import { orderFrom, orderKey } from "../orders/order-item.ts";
import type { Item } from "../store/store.ts";
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
 * newest snapshot, the projected trades, and the live orders in the table.
 */
export async function checkMarket(market: Market, ports: ReconciliationPorts): Promise<MarketCheck> {
  const differences: string[] = [];
  const state = new MarketState(market);
  const snapshot = await newestSnapshot(market, ports);
  const summaryVersion = await projectedVersion(market, ports);
  const commands = new Set<string>();
  /** The version that last changed each order that is on the book. */
  const versions = new Map<string, number>();
  let trades = 0;
  const visit = async (replayed: Replayed): Promise<void> => {
    const { entry, effects } = replayed;
    for (const id of entry.commands) {
      if (commands.has(id) && !isIgnored(replayed, id))
        differences.push(`${market.market}: command ${id} was applied twice`);
      commands.add(id);
    }
    for (const id of effects.orders.keys()) versions.set(id, entry.version);
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
  const head = { state, versions };
  const found = [
    ...differences,
    ...(await compareOrders(head, ports)),
    ...(await compareLiveIndex(head, ports)),
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
  const summary = await store.get({
    table: "market-data",
    key: { pk: `MARKET#${market.market}`, sk: "SUMMARY" },
  });
  return Number(summary?.version ?? 0n);
}

async function compareTrades(
  replayed: Replayed,
  differences: string[],
  { store }: ReconciliationPorts,
): Promise<void> {
  if (replayed.effects.trades.length === 0) return;
  const { market, version } = replayed.entry;
  const wanted = rowsOf(replayed).find(({ item }) => item.pk === tradesKey(market))?.item.trades;
  const stored = await store.get({
    table: "market-data",
    key: { pk: tradesKey(market), sk: versionKey(version) },
  });
  if (stored?.trades !== wanted)
    differences.push(`${market}: the trades of version ${version} are not those of the journal`);
}

type Head = { readonly state: MarketState; readonly versions: ReadonlyMap<string, number> };

/** Every order of the book stands in the table as the journal has it; a later version there is later trading. */
async function compareOrders(
  { state, versions }: Head,
  { store }: ReconciliationPorts,
): Promise<readonly string[]> {
  const differences: string[] = [];
  const live = [
    ...state.book.orders("buy"),
    ...state.book.orders("sell"),
    ...(state.taker === undefined ? [] : [state.taker]),
  ];
  for (let start = 0; start < live.length; start += 100) {
    const chunk = live.slice(start, start + 100);
    const items = await store.getMany(
      chunk.map(({ userId, id }) => ({ table: "orders", key: orderKey(userId, id) })),
    );
    items.forEach((item, index) => {
      const order = chunk[index] as LiveOrder;
      const version = versions.get(order.id) ?? 0;
      if (Number(item?.version ?? 0n) > state.head.version) return;
      if (item === undefined || !isSame(item, order, version)) {
        differences.push(
          `${state.market.market}: order ${order.id} of the book stands otherwise in the table`,
        );
      }
    });
  }
  return differences;
}

function isSame(item: Item, order: LiveOrder, version: number): boolean {
  const stored = orderFrom(item);
  return (
    stored.version === version &&
    stored.status === openStatus(order) &&
    stored.filledLots === order.filledLots &&
    stored.filledQuote === order.filledQuote &&
    stored.fee === order.fee
  );
}

/** Every live order of the table that the market has had is on the book. */
async function compareLiveIndex({ state }: Head, { store }: ReconciliationPorts): Promise<readonly string[]> {
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
