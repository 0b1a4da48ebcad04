import { sealedFrom } from "../journal/journal-items.ts";
import { readJournal } from "../journal/read-journal.ts";
import { RecoveryUnfinished, recoverAt } from "../journal/recover.ts";
import type { Market } from "../market/market.ts";
import { type SealedEntry, unseal } from "../matching/entry.ts";
import type { MarketState } from "../matching/market-state.ts";
import { replay } from "../matching/replay.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { Item, Key, Store } from "../store/store.ts";
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

/** How far a reconciliation is, and all that it has to remember: some kilobytes, however many wallets there are. */
export type Progress = {
  readonly sums: Map<string, AssetSums>;
  readonly heads: ReadonlyMap<string, number>;
  wallets: number;
  /** The last item that was looked at. */
  after: Key | undefined;
  isScanned: boolean;
  /** By market, the users whose wallets were read as of a version above the head, and that version. */
  readonly ahead: Map<string, Map<string, number>>;
  /** By market, up to which version entries were set aside for those that are ahead now. */
  readonly setAsideTo: Map<string, number>;
};

const READ_AT_ONCE = 100;
/** How many wallets ahead of a market are remembered, each for every market that it is ahead of, before they are settled. */
const MOST_AHEAD = 4_000;
/** How often an entry that a wallet tells of is looked for in a journal that does not show it yet. */
const MOST_LOOKS = 40;
const PAUSE_MS = 10;

/**
 * Adds up all wallets as of the markets' heads, exactly, also while trading goes on: the heads are read first, then the wallets, each of
 * which tells the version that last changed it; what entries above the heads did to a wallet before it was read is set aside.
 * Deposits and withdrawals need no such care: their running totals stand in the very item that they change.
 */
export async function readConservation(ports: ReconciliationPorts): Promise<Conservation> {
  const progress = await beginReconciliation(ports);
  while (!(await reconcilePart(progress, Number.POSITIVE_INFINITY, ports)));
  return progress;
}

/** Reads the heads, of which everything will be. */
export async function beginReconciliation(ports: ReconciliationPorts): Promise<Progress> {
  const sums = new Map<string, AssetSums>();
  const heads = new Map<string, number>();
  for (const market of ports.catalogue.markets.values()) {
    const fees = await readHead(market, heads, ports);
    sumsOf(sums, market.base.asset).fees += fees.base;
    sumsOf(sums, market.quote.asset).fees += fees.quote;
  }
  const nothingYet = { wallets: 0, after: undefined, isScanned: false };
  return { sums, heads, ...nothingYet, ahead: new Map(), setAsideTo: new Map() };
}

/**
 * Goes on until the time is up, but by a page at least. A part reads wallets until it has to settle those that are ahead, and settles
 * them before more are read.
 * @returns whether all is done.
 */
export async function reconcilePart(
  progress: Progress,
  untilMs: number,
  ports: ReconciliationPorts,
): Promise<boolean> {
  if (progress.ahead.size === 0) await scan(progress, untilMs, ports);
  for (const market of ports.catalogue.markets.values()) {
    if (progress.ahead.has(market.market) && !(await setAside(progress, { market, untilMs }, ports)))
      return false;
  }
  return progress.isScanned;
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

/** Adds up wallets until the time is up, all are read, or as many are ahead as are remembered. */
async function scan(progress: Progress, untilMs: number, ports: ReconciliationPorts): Promise<void> {
  const size = chunkOf(progress);
  do {
    const { after } = progress;
    const page = await ports.store.scan({
      table: "wallets",
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    const wallets = page.items.filter(({ sk }) => sk === "WALLET");
    for (let start = 0; start < wallets.length; start += size) {
      if (!isRoom(progress)) return;
      await addChunk(wallets.slice(start, start + size), progress, ports);
    }
    const last = page.items.at(-1);
    if (last !== undefined) progress.after = keyOf(last);
    progress.isScanned = page.next === undefined;
  } while (!progress.isScanned && isRoom(progress) && ports.clock.nowMs() < untilMs);
}

/**
 * A scan finds every wallet but may show one as it was before a transaction whose journal entry a head shows already, since only reads of
 * single items are serialised with transactions; so it finds them, and they are read each by itself.
 */
async function addChunk(
  found: readonly Item[],
  progress: Progress,
  { store }: ReconciliationPorts,
): Promise<void> {
  const places = found.map((item) => ({ table: "wallets", key: keyOf(item) }) as const);
  for (const wallet of await store.getMany(places)) if (wallet !== undefined) addUp(wallet, progress);
  progress.after = places.at(-1)?.key;
}

function keyOf({ pk, sk }: Item): Key {
  return { pk: String(pk), sk: String(sk) };
}

/** Each of them may be ahead of every market. */
function chunkOf({ heads }: Progress): number {
  return Math.max(1, Math.min(READ_AT_ONCE, Math.floor(MOST_AHEAD / heads.size)));
}

function isRoom(progress: Progress): boolean {
  const { ahead, heads } = progress;
  const remembered = [...ahead.values()].reduce((sum, { size }) => sum + size, 0);
  return remembered === 0 || remembered + chunkOf(progress) * heads.size <= MOST_AHEAD;
}

function addUp(wallet: Item, progress: Progress): void {
  const { sums, heads, ahead } = progress;
  progress.wallets++;
  for (const [asset, balance] of balancesOf(wallet)) {
    const sum = sumsOf(sums, asset);
    sum.available += balance.available;
    sum.locked += balance.locked;
    sum.credited += balance.credited;
    sum.withdrawn += balance.withdrawn;
  }
  for (const [market, head] of heads) {
    const version = versionOf(wallet, market);
    if (version <= head) continue;
    const ofMarket = ahead.get(market) ?? new Map<string, number>();
    ahead.set(market, ofMarket.set(userIdOf(wallet), version));
  }
}

/** Takes back what entries above the head did to the wallets that were read after them; false where the time was up before. */
async function setAside(
  { ahead, heads, setAsideTo, sums }: Progress,
  { market, untilMs }: { readonly market: Market; readonly untilMs: number },
  ports: ReconciliationPorts,
): Promise<boolean> {
  const name = market.market;
  const versions = ahead.get(name) ?? new Map<string, number>();
  const last = Math.max(...versions.values());
  const from = setAsideTo.get(name) ?? heads.get(name) ?? 0;
  const state = await stateAt({ market, version: from }, untilMs, ports);
  if (state === undefined) return false;
  const apply = (sealed: SealedEntry): void => {
    for (const [userId, assets] of replay(state, sealed).effects.wallets) {
      if (sealed.version > (versions.get(userId) ?? 0)) continue;
      for (const [asset, { available, locked }] of assets) {
        const sum = sumsOf(sums, asset);
        sum.available -= available;
        sum.locked -= locked;
      }
    }
  };
  for (let looks = 1; state.head.version < last; looks++) {
    for await (const run of readJournal({ market: name, after: state.head.version }, ports)) {
      for (const sealed of run) if (sealed.version <= last) apply(sealed);
      if (state.head.version === last) break;
      setAsideTo.set(name, state.head.version);
      if (ports.clock.nowMs() >= untilMs) return false;
    }
    // A wallet can be seen before the entry of the same transaction.
    if (looks === MOST_LOOKS) throw new Error(`journal of ${name} has no entry ${state.head.version + 1}`);
    if (state.head.version < last) await ports.clock.sleep(PAUSE_MS);
  }
  ahead.delete(name);
  setAsideTo.delete(name);
  return true;
}

/** A recovery that takes too long saves how far it got; then there is none yet. */
async function stateAt(
  point: { readonly market: Market; readonly version: number },
  untilMs: number,
  ports: ReconciliationPorts,
): Promise<MarketState | undefined> {
  try {
    return await recoverAt({ ...point, known: undefined }, untilMs, ports);
  } catch (fault) {
    if (fault instanceof RecoveryUnfinished) return undefined;
    throw fault;
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
