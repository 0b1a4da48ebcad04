import type { Item } from "../store/store.ts";
import { depositFrom } from "../wallet/deposit-item.ts";
import { balancesOf } from "../wallet/wallet-item.ts";
import { withdrawalFrom } from "../wallet/withdrawal-item.ts";
import type { ReconciliationPorts } from "./conservation.ts";
import { holdsOf, readWalletRecords, type WalletRecords } from "./wallet-records.ts";

/** How often a wallet is read again that changes under the reader's eyes. */
const READS = 200;

/**
 * One user's wallet against its records: nothing negative, locked = holds of live orders and open withdrawals, credited = deposits,
 * withdrawn = completed withdrawals. A suspended order is live: its hold is kept until an administrator has resolved it.
 *
 * @returns the differences in words; none for a sound wallet.
 */
export async function checkWallet(userId: string, ports: ReconciliationPorts): Promise<readonly string[]> {
  const records = await readWalletRecords(userId, READS, ports);
  if (records === undefined) return [`the wallet of ${userId} changed during each of ${READS} reads`];
  return differences(userId, records, ports);
}

function differences(
  userId: string,
  records: WalletRecords,
  { catalogue }: ReconciliationPorts,
): readonly string[] {
  const moved = movedOf(records.walletItems);
  const holds = holdsOf(records, catalogue);
  const balances = balancesOf(records.wallet);
  const found: string[] = [];
  for (const asset of new Set([...balances.keys(), ...holds.keys(), ...moved.keys()])) {
    const balance = balances.get(asset) ?? { available: 0n, locked: 0n, credited: 0n, withdrawn: 0n };
    const wanted = { locked: holds.get(asset) ?? 0n, ...(moved.get(asset) ?? NOTHING) };
    if (balance.available < 0n || balance.locked < 0n) found.push(`${asset} of ${userId} is negative`);
    for (const field of ["locked", "credited", "withdrawn"] as const) {
      if (balance[field] !== wanted[field]) {
        found.push(`${asset} of ${userId}: ${field} is ${balance[field]}, its records give ${wanted[field]}`);
      }
    }
  }
  return found;
}

const NOTHING = { credited: 0n, withdrawn: 0n };

/** What came and went by asset. */
function movedOf(walletItems: readonly Item[]): ReadonlyMap<string, typeof NOTHING> {
  const moved = new Map<string, typeof NOTHING>();
  const add = (asset: string, field: keyof typeof NOTHING, units: bigint): void => {
    const sum = moved.get(asset) ?? NOTHING;
    moved.set(asset, { ...sum, [field]: sum[field] + units });
  };
  for (const item of walletItems) {
    const sk = String(item.sk);
    if (sk.startsWith("DEPOSIT#")) {
      const { asset, units } = depositFrom(item);
      add(asset, "credited", units);
    } else if (sk.startsWith("WITHDRAWAL#")) {
      const { asset, units, status } = withdrawalFrom(item);
      if (status === "completed") add(asset, "withdrawn", units);
    }
  }
  return moved;
}
