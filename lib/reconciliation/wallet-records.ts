import type { Catalogue, Market } from "../market/market.ts";
import { holdAsset, remainingHold, toLive } from "../matching/order.ts";
import { isLive, type OrderRecord, orderFrom, orderKey } from "../orders/order-item.ts";
import type { Clock } from "../ports/ports.ts";
import type { Item, Store } from "../store/store.ts";
import { revisionOf, walletKey } from "../wallet/wallet-item.ts";
import { withdrawalFrom } from "../wallet/withdrawal-item.ts";

/** A wallet and all that explains what is in it. */
export type WalletRecords = {
  readonly wallet: Item | undefined;
  /** Deposits and withdrawals among them. */
  readonly walletItems: readonly Item[];
  readonly orders: readonly Item[];
};

type Ports = { readonly store: Store; readonly clock: Pick<Clock, "sleep"> };

const PAUSE_MS = 5;

/**
 * A user's wallet with its records, as they belong together: whatever changes a hold changes the wallet's revision in the same transaction, so
 * records read between two reads of one revision are of that revision.
 *
 * @returns nothing where the wallet changed during each of so many reads.
 */
export async function readWalletRecords(
  userId: string,
  reads: number,
  { store, clock }: Ports,
): Promise<WalletRecords | undefined> {
  const place = { table: "wallets", key: walletKey(userId) } as const;
  for (let read = 0; read < reads; read++) {
    const before = await store.get(place);
    const orders = await allOf("orders", orderKey(userId, "").pk, store);
    const walletItems = await allOf("wallets", place.key.pk, store);
    const wallet = await store.get(place);
    if (revisionOf(before) === revisionOf(wallet)) return { wallet, walletItems, orders };
    await clock.sleep(PAUSE_MS);
  }
  return undefined;
}

async function allOf(table: "wallets" | "orders", pk: string, store: Store): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const page = await store.query({
      table,
      pk,
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

/** What must be locked of each asset: the holds of live orders and of open withdrawals. */
export function holdsOf(
  { walletItems, orders }: WalletRecords,
  catalogue: Catalogue,
): ReadonlyMap<string, bigint> {
  const holds = new Map<string, bigint>();
  const add = (asset: string, units: bigint): void => void holds.set(asset, (holds.get(asset) ?? 0n) + units);
  for (const order of orders.map(orderFrom)) {
    const market = catalogue.markets.get(order.market);
    if (market !== undefined && isLive(order.status))
      add(holdAsset(market, order.terms.side), holdOf(order, market));
  }
  for (const item of walletItems) {
    if (!String(item.sk).startsWith("WITHDRAWAL#")) continue;
    const { asset, units, status } = withdrawalFrom(item);
    if (status === "pending_approval") add(asset, units);
  }
  return holds;
}

/** What a live order still holds. */
export function holdOf({ terms, filledLots, filledQuote, fee }: OrderRecord, market: Market): bigint {
  return remainingHold(market, { ...toLive(terms), filledLots, filledQuote, fee });
}
