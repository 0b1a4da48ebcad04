import { holdAsset, remainingHold, toLive } from "../matching/order.ts";
import { isLive, orderFrom, orderKey } from "../orders/order-item.ts";
import type { Item } from "../store/store.ts";
import { depositFrom } from "../wallet/deposit-item.ts";
import { balancesOf, revisionOf, walletKey } from "../wallet/wallet-item.ts";
import { withdrawalFrom } from "../wallet/withdrawal-item.ts";
import type { ReconciliationPorts } from "./conservation.ts";

/** How often a wallet is read again that changes under the reader's eyes. */
const READS = 200;
const PAUSE_MS = 5;

/**
 * One user's wallet against its records: nothing negative, locked = holds of live orders and open withdrawals, credited = deposits,
 * withdrawn = completed withdrawals. Whatever changes a hold changes the wallet's revision in the same transaction, so records read
 * between two reads of one revision belong to it.
 *
 * @returns the differences in words; none for a sound wallet.
 */
export async function checkWallet(userId: string, ports: ReconciliationPorts): Promise<readonly string[]> {
  for (let read = 0; read < READS; read++) {
    const before = await ports.store.get({ table: "wallets", key: walletKey(userId) });
    const records = await readRecords(userId, ports);
    const after = await ports.store.get({ table: "wallets", key: walletKey(userId) });
    if (revisionOf(before) === revisionOf(after))
      return differences(userId, { wallet: after, ...records }, ports);
    await ports.clock.sleep(PAUSE_MS);
  }
  return [`the wallet of ${userId} changed during each of ${READS} reads`];
}

type Records = {
  readonly wallet: Item | undefined;
  readonly walletItems: readonly Item[];
  readonly orders: readonly Item[];
};

async function readRecords(userId: string, { store }: ReconciliationPorts): Promise<Omit<Records, "wallet">> {
  const all = async (table: "wallets" | "orders", pk: string): Promise<Item[]> => {
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
  };
  const orders = await all("orders", orderKey(userId, "").pk);
  return { orders, walletItems: await all("wallets", walletKey(userId).pk) };
}

function differences(
  userId: string,
  { wallet, walletItems, orders }: Records,
  { catalogue }: ReconciliationPorts,
): readonly string[] {
  const expected = new Map<string, { locked: bigint; credited: bigint; withdrawn: bigint }>();
  const of = (asset: string) => {
    const found = expected.get(asset) ?? { locked: 0n, credited: 0n, withdrawn: 0n };
    expected.set(asset, found);
    return found;
  };
  for (const item of orders) {
    const order = orderFrom(item);
    const market = catalogue.markets.get(order.market);
    if (market === undefined || !isLive(order.status)) continue;
    const { filledLots, filledQuote, fee } = order;
    of(holdAsset(market, order.terms.side)).locked += remainingHold(market, {
      ...toLive(order.terms),
      filledLots,
      filledQuote,
      fee,
    });
  }
  for (const item of walletItems) {
    const sk = String(item.sk);
    if (sk.startsWith("DEPOSIT#")) {
      const { asset, units } = depositFrom(item);
      of(asset).credited += units;
    } else if (sk.startsWith("WITHDRAWAL#")) {
      const { asset, units, status } = withdrawalFrom(item);
      if (status === "pending_approval") of(asset).locked += units;
      if (status === "completed") of(asset).withdrawn += units;
    }
  }
  const balances = balancesOf(wallet);
  const found: string[] = [];
  for (const asset of new Set([...balances.keys(), ...expected.keys()])) {
    const balance = balances.get(asset) ?? { available: 0n, locked: 0n, credited: 0n, withdrawn: 0n };
    const wanted = of(asset);
    if (balance.available < 0n || balance.locked < 0n) found.push(`${asset} of ${userId} is negative`);
    for (const field of ["locked", "credited", "withdrawn"] as const) {
      if (balance[field] !== wanted[field]) {
        found.push(`${asset} of ${userId}: ${field} is ${balance[field]}, its records give ${wanted[field]}`);
      }
    }
  }
  return found;
}
