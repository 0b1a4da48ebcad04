import Table from "cli-table3";
import { checkCounters } from "../../lib/reconciliation/check-counters.ts";
import { checkMarket } from "../../lib/reconciliation/check-market.ts";
import { checkWallet } from "../../lib/reconciliation/check-wallet.ts";
import {
  type ReconciliationPorts,
  readConservation,
  scanWallets,
  userIdOf,
} from "../../lib/reconciliation/conservation.ts";
import { reconciliationView } from "../../lib/reconciliation/reconciliation-view.ts";

const SHOWN = 10;
const PLAIN = { head: [], border: [], compact: true };

/** Runs all checks and prints what they find. Returns the number of differences. */
export async function verify(ports: ReconciliationPorts): Promise<number> {
  const startedMs = ports.clock.nowMs();
  const differences: string[] = [];

  const conservation = await readConservation(ports);
  const view = reconciliationView(conservation, { catalogue: ports.catalogue, timeMs: startedMs });
  const money = new Table({
    head: ["asset", "available", "locked", "fees", "deposits", "withdrawals", "difference"],
    style: PLAIN,
  });
  for (const item of view.items) {
    money.push([
      item.asset,
      item.available,
      item.locked,
      item.feesEarned,
      item.deposits,
      item.withdrawals,
      item.difference,
    ]);
    if (item.difference !== "0")
      differences.push(`${item.asset}: ${item.left} is there, ${item.right} should be`);
  }
  console.log(money.toString());

  let wallets = 0;
  for await (const wallet of scanWallets(ports)) {
    differences.push(...(await checkWallet(userIdOf(wallet), ports)));
    wallets++;
  }
  differences.push(...(await checkCounters(ports)));

  const markets = new Table({
    head: ["market", "entries", "trades", "live orders", "differences"],
    style: PLAIN,
  });
  for (const market of ports.catalogue.markets.values()) {
    const check = await checkMarket(market, ports);
    markets.push([market.market, check.entries, check.trades, check.liveOrders, check.differences.length]);
    differences.push(...check.differences);
  }
  console.log(markets.toString());

  const seconds = ((ports.clock.nowMs() - startedMs) / 1_000).toFixed(1);
  console.log(
    `${wallets} wallets, ${ports.catalogue.markets.size} markets, ${seconds} s: ${differences.length} differences`,
  );
  for (const difference of differences.slice(0, SHOWN)) console.error(`  ${difference}`);
  if (differences.length > SHOWN) console.error(`  and ${differences.length - SHOWN} more`);
  return differences.length;
}
