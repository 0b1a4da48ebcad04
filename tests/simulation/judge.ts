import { readJournal } from "../../lib/journal/read-journal.ts";
import type { Market } from "../../lib/market/market.ts";
import { statisticsKey } from "../../lib/market-data/market-items.ts";
import { type Entry, unseal } from "../../lib/matching/entry.ts";
import { isLive, orderFrom, orderKey } from "../../lib/orders/order-item.ts";
import { checkCounters } from "../../lib/reconciliation/check-counters.ts";
import { checkMarket } from "../../lib/reconciliation/check-market.ts";
import { checkWallet } from "../../lib/reconciliation/check-wallet.ts";
import {
  differenceOf,
  type ReconciliationPorts,
  readConservation,
  scanWallets,
  userIdOf,
} from "../../lib/reconciliation/conservation.ts";
import type { Item, Store } from "../../lib/store/store.ts";
import { depositKey } from "../../lib/wallet/deposit-item.ts";
import { balancesOf } from "../../lib/wallet/wallet-item.ts";
import { withdrawalKey } from "../../lib/wallet/withdrawal-item.ts";
import { CommandJudge, type SentCommand } from "./command-judge.ts";
import { judgeDesired } from "./desired-judge.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import { judgeEntries } from "./market-data-judge.ts";
import type { Memory } from "./memory.ts";
import { NaiveReader } from "./naive-reader.ts";
import type { Damage } from "./robbery.ts";

/** The invariants of a world at rest or in motion: everything is read from the truth, which stands still while it is judged. */
export async function judge(store: Store, damage?: Damage): Promise<readonly string[]> {
  const ports: ReconciliationPorts = {
    catalogue: CATALOGUE,
    store,
    clock: { nowMs: () => 0, sleep: async () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  };
  const found: string[] = [];
  const { sums } = await readConservation(ports);
  for (const [asset, sum] of sums) {
    const robbed = damage?.asset === asset ? damage.units : 0n;
    if (differenceOf(sum) !== -robbed) found.push(`${asset} differs by ${differenceOf(sum)}`);
  }
  for await (const wallet of scanWallets({ store })) {
    // Of a robbed wallet nothing can be said but what is gone, which the sum above says.
    if (damage !== undefined && userIdOf(wallet) === damage.userId && damage.units > 0n) continue;
    found.push(...(await checkWallet(userIdOf(wallet), ports)));
    for (const [asset, { available, locked }] of balancesOf(wallet)) {
      if (available < 0n || locked < 0n) found.push(`${asset} of ${userIdOf(wallet)} is negative`);
    }
  }
  for (const market of CATALOGUE.markets.values())
    found.push(...(await checkMarket(market, ports)).differences);
  return [...found, ...(await checkCounters(ports))];
}

/** What must hold in addition once everything has come to rest. */
export async function judgeAtRest(
  store: Store,
  {
    memory,
    recreated,
    sent,
    epochOf,
    damage,
  }: {
    readonly memory: Memory;
    readonly recreated: ReadonlySet<string>;
    readonly sent: ReadonlyMap<string, SentCommand>;
    /** The queue that a market has now. */
    readonly epochOf: (market: string) => string;
    readonly damage: Damage | undefined;
  },
): Promise<readonly string[]> {
  const found = [...memory.broken, ...(await judge(store, damage))];
  const orderOf = async (userId: string, orderId: string): Promise<Item | undefined> =>
    await store.get({ table: "orders", key: orderKey(userId, orderId) });
  for (const { userId, orderId } of memory.orders.values()) {
    const item = await orderOf(userId, orderId);
    if (item === undefined) found.push(`order ${orderId} was accepted and does not exist`);
    else if (item.status === "pending") found.push(`order ${orderId} was accepted and is still pending`);
  }
  for (const { userId, orderId, market } of memory.cancelled) {
    // The command of a cancel that was asked for can be lost with its queue; the client sees that the order is still open.
    const item = await orderOf(userId, orderId);
    if (
      item !== undefined &&
      !recreated.has(market) &&
      isLive(orderFrom(item).status) &&
      item.reason !== "suspended"
    ) {
      found.push(`order ${orderId} was to be cancelled and is still live`);
    }
  }
  for (const { userId, orderId } of memory.resolved) {
    const item = await orderOf(userId, orderId);
    if (item?.status !== "cancelled")
      found.push(`the suspended ${orderId} was cancelled and is ${String(item?.status)}`);
  }
  for (const { userId, text, before, after } of memory.renamed) {
    // An order whose command could not be sent is voided and its names are free again, also where a twin of the call was answered before.
    const item = await orderOf(userId, before);
    if (item?.reason !== "not_enqueued") found.push(`${userId}'s ${text} named ${before} and then ${after}`);
  }
  for (const { userId, id, reference } of memory.deposits.values()) {
    if ((await store.get({ table: "wallets", key: depositKey(userId, id) })) === undefined)
      found.push(`deposit ${reference} is gone`);
  }
  for (const [id, { userId, status }] of memory.decisions) {
    const item = await store.get({ table: "wallets", key: withdrawalKey(userId, id) });
    if (item?.status !== status) found.push(`withdrawal ${id} was ${status} and is ${String(item?.status)}`);
  }
  const page = await store.scan({ table: "orders" });
  for (const item of page.items)
    if (item.status === "pending") found.push(`order ${String(item.sk)} is left pending`);
  found.push(...(await judgeDesired(store)), ...(await judgeJournal(store, { recreated, sent, epochOf })));
  return found;
}

/** What the journal says happened, judged by a reader of its own that shares no code with the engine. */
async function judgeJournal(
  store: Store,
  {
    recreated,
    sent,
    epochOf,
  }: {
    readonly recreated: ReadonlySet<string>;
    readonly sent: ReadonlyMap<string, SentCommand>;
    readonly epochOf: (market: string) => string;
  },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const market of CATALOGUE.markets.values()) {
    const reader = new NaiveReader(market);
    const commands = new CommandJudge(sent, reader);
    let last: Entry | undefined;
    for await (const run of readJournal(
      { market: market.market, after: 0 },
      { store, clock: { sleep: async () => {} } },
    )) {
      for (const sealed of run) {
        last = unseal(sealed);
        reader.readEntry(last);
        commands.read(last);
      }
    }
    found.push(...[...reader.faults, ...commands.faults].map((fault) => `${market.market}: ${fault}`));
    for (const [id, { command, sentMs }] of sent) {
      if (sentMs.has(epochOf(market.market)) && !commands.completed.has(id))
        found.push(`${market.market}: ${command.kind} ${id} waited in its queue and was never completed`);
    }
    if (last?.continuation !== undefined && !recreated.has(market.market))
      found.push(`${market.market}: a command is left unfinished`);
    found.push(...(await judgeStatistics(market, { store, trades: reader.trades })));
    found.push(...(await judgeEntries(market, last?.version ?? 0, store)));
  }
  return found;
}

/** Each trade counts once in the statistics. */
async function judgeStatistics(
  market: Market,
  { store, trades }: { store: Store; trades: number },
): Promise<readonly string[]> {
  const hours = await store.query({ table: "market-data", pk: statisticsKey(market.market, 0).pk });
  const counted = hours.items.reduce((sum, hour) => sum + Number(hour.trades ?? 0n), 0);
  return counted === trades
    ? []
    : [`${market.market}: ${counted} trades in the statistics, ${trades} in the journal`];
}
