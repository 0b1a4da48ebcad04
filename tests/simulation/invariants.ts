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

/** All that the exchange's own checks find: money lost or made, wallets against their records, journals against the tables. */
export async function violations(ports: ReconciliationPorts): Promise<readonly string[]> {
  const found: string[] = [];
  const { sums } = await readConservation(ports);
  for (const [asset, sum] of sums) {
    if (differenceOf(sum) !== 0n) found.push(`${asset} is not conserved: ${differenceOf(sum)}`);
  }
  for await (const wallet of scanWallets(ports)) found.push(...(await checkWallet(userIdOf(wallet), ports)));
  for (const market of ports.catalogue.markets.values())
    found.push(...(await checkMarket(market, ports)).differences);
  return [...found, ...(await checkCounters(ports))];
}
