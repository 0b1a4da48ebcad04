import { sealedFrom } from "../journal/journal-items.ts";
import { readJournal } from "../journal/read-journal.ts";
import { newestSnapshot } from "../journal/snapshots.ts";
import type { Market } from "../market/market.ts";
import { unseal } from "../matching/entry.ts";
import { MarketState } from "../matching/market-state.ts";
import { replay } from "../matching/replay.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { Item, Store } from "../store/store.ts";
import { balancesOf, versionOf } from "../wallet/wallet-item.ts";

export type ReconciliationPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "log">;

/** One asset's equation: available + locked + fees = credited - withdrawn. All in smallest units. */
export type AssetSums = {
  available: bigint;
  locked: bigint;
  fees: bigint;
  credited: bigint;
  withdrawn: bigint;
};

export type Conservation = {
  readonly sums: ReadonlyMap<string, AssetSums>;
  /** The journal version of each market that the sums are of. */
  readonly heads: ReadonlyMap<string, number>;
  readonly wallets: number;
};

/**
 * Adds up all wallets as of the markets' heads, exactly, also while trading goes on: the heads are read first, then the wallets, each of
 * which tells the version that last changed it; what entries above the heads did to a wallet before it was read is set aside.
 * Deposits and withdrawals need no such care: their running totals stand in the very item that they change.
 */
export async function readConservation(ports: ReconciliationPorts): Promise<Conservation> {
  const sums = new Map<string, AssetSums>();
  const heads = new Map<string, number>();
  for (const market of ports.catalogue.markets.values()) {
    const fees = await readHead(market, heads, ports);
    sumsOf(sums, market.base.asset).fees += fees.base;
    sumsOf(sums, market.quote.asset).fees += fees.quote;
  }
  const ahead = new Map<string, Map<string, number>>();
  let wallets = 0;
  for await (const wallet of scanWallets(ports)) {
    wallets++;
    for (const [asset, balance] of balancesOf(wallet)) {
      const sum = sumsOf(sums, asset);
      sum.available += balance.available;
      sum.locked += balance.locked;
      sum.credited += balance.credited;
      sum.withdrawn += balance.withdrawn;
    }
    noteAhead(wallet, { heads, ahead });
  }
  for (const [name, versions] of ahead) {
    const market = ports.catalogue.markets.get(name);
    if (market !== undefined) await setAside(market, { versions, head: heads.get(name) ?? 0, sums }, ports);
  }
  return { sums, heads, wallets };
}

export function differenceOf({ available, locked, fees, credited, withdrawn }: AssetSums): bigint {
  return available + locked + fees - (credited - withdrawn);
}

/** All wallets, strongly consistent, each for itself. */
export async function* scanWallets({ store }: { readonly store: Store }): AsyncGenerator<Item> {
  let after: Item | undefined;
  do {
    const page = await store.scan({
      table: "wallets",
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    for (const item of page.items) if (item.sk === "WALLET") yield item;
    after = page.next;
  } while (after !== undefined);
}

export function userIdOf(wallet: Item): string {
  return String(wallet.pk).slice("USER#".length);
}

async function readHead(
  market: Market,
  heads: Map<string, number>,
  { store }: ReconciliationPorts,
): Promise<{ base: bigint; quote: bigint }> {
  const page = await store.query({
    table: "journal",
    pk: market.market,
    order: "descending",
    limit: 1,
    consistent: true,
  });
  const [item] = page.items;
  if (item === undefined) {
    heads.set(market.market, 0);
    return { base: 0n, quote: 0n };
  }
  const entry = unseal(sealedFrom(item));
  heads.set(market.market, entry.version);
  return entry.fees;
}

function noteAhead(
  wallet: Item,
  { heads, ahead }: { heads: ReadonlyMap<string, number>; ahead: Map<string, Map<string, number>> },
): void {
  for (const [market, head] of heads) {
    const version = versionOf(wallet, market);
    if (version <= head) continue;
    const ofMarket = ahead.get(market) ?? new Map<string, number>();
    ahead.set(market, ofMarket.set(userIdOf(wallet), version));
  }
}

/** Takes back what entries above the head did to the wallets that were read after them. */
async function setAside(
  market: Market,
  {
    versions,
    head,
    sums,
  }: { versions: ReadonlyMap<string, number>; head: number; sums: Map<string, AssetSums> },
  ports: ReconciliationPorts,
): Promise<void> {
  const state = (await newestSnapshot(market, ports, head)) ?? new MarketState(market);
  const last = Math.max(...versions.values());
  for await (const run of readJournal({ market: market.market, after: state.head.version }, ports)) {
    for (const sealed of run) {
      if (sealed.version > last) return;
      const { effects } = replay(state, sealed);
      if (sealed.version <= head) continue;
      for (const [userId, assets] of effects.wallets) {
        if (sealed.version > (versions.get(userId) ?? 0)) continue;
        for (const [asset, { available, locked }] of assets) {
          const sum = sumsOf(sums, asset);
          sum.available -= available;
          sum.locked -= locked;
        }
      }
    }
  }
}

function sumsOf(sums: Map<string, AssetSums>, asset: string): AssetSums {
  let found = sums.get(asset);
  if (found === undefined) {
    found = { available: 0n, locked: 0n, fees: 0n, credited: 0n, withdrawn: 0n };
    sums.set(asset, found);
  }
  return found;
}
