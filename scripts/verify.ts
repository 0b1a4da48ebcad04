/** `npm run verify`: an exchange against its own records. */
import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { readCatalogue } from "../lib/market/market.ts";
import { checkMarket } from "../lib/reconciliation/check-market.ts";
import { checkWallet } from "../lib/reconciliation/check-wallet.ts";
import {
  type ReconciliationPorts,
  readConservation,
  scanWallets,
  userIdOf,
} from "../lib/reconciliation/conservation.ts";
import { reconciliationView } from "../lib/reconciliation/reconciliation-view.ts";
import definitions from "../resources/markets.json" with { type: "json" };
import { text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { print, printError, table } from "./command/terminal.ts";
import { deployedExchange, openStoredExchange } from "./exchange/find.ts";

const HELP = `Checks an exchange against its own records: every unit of money accounted for, every wallet against its deposits,
withdrawals and live orders, every market's journal replayed from the first entry and compared with what is stored.

  npm run verify                     the exchange that runs on PORT (3000 if not set)
  DATA_DIR=dir npm run verify        the exchange that is stored there, running or not
  npm run verify -- --stage STAGE    the one that is deployed, read with your AWS credentials and AWS_REGION

Exact also while trading goes on. Ends with 0 where everything agrees, with 1 and the first difference where not, and
with 2 where there is no exchange to check.`;

const SHOWN = 10;

await runCommand({
  help: HELP,
  options: { stage: text() },
  run: async ({ stage }) => {
    const exchange = stage === undefined ? await openStoredExchange() : deployedExchange(stage);
    const { place, close, ...where } = exchange;
    try {
      print(`Verifying ${place}`);
      const log = {
        info: () => {},
        warn: () => {},
        error: (event: string, cause: unknown) => printError(`${event}: ${String(cause)}`),
      };
      const store = createDynamoStore(where);
      const differences = await verify({ catalogue: readCatalogue(definitions), store, clock, log });
      return differences === 0 ? 0 : 1;
    } finally {
      await close();
    }
  },
});

/** Runs all checks and prints what they find. Returns the number of differences. */
async function verify(ports: ReconciliationPorts): Promise<number> {
  const startedMs = ports.clock.nowMs();
  const differences: string[] = [];

  const { items } = reconciliationView(await readConservation(ports), {
    catalogue: ports.catalogue,
    timeMs: startedMs,
  });
  const money = ["available", "locked", "feesEarned", "deposits", "withdrawals", "difference"] as const;
  print(
    table(
      ["asset", "available", "locked", "fees", "deposits", "withdrawals", "difference"],
      items.map((item) => [item.asset, ...money.map((amount) => item[amount])]),
    ),
  );
  for (const { asset, difference, left, right } of items)
    if (difference !== "0") differences.push(`${asset}: ${left} is there, ${right} should be`);

  let wallets = 0;
  for await (const wallet of scanWallets(ports)) {
    differences.push(...(await checkWallet(userIdOf(wallet), ports)));
    wallets++;
  }

  const rows: (string | number)[][] = [];
  for (const market of ports.catalogue.markets.values()) {
    const check = await checkMarket(market, ports);
    rows.push([market.market, check.entries, check.trades, check.liveOrders, check.differences.length]);
    differences.push(...check.differences);
  }
  print(table(["market", "entries", "trades", "live orders", "differences"], rows));

  const seconds = ((ports.clock.nowMs() - startedMs) / 1_000).toFixed(1);
  print(`${wallets} wallets, ${rows.length} markets, ${seconds} s: ${differences.length} differences`);
  for (const difference of differences.slice(0, SHOWN)) printError(`  ${difference}`);
  if (differences.length > SHOWN) printError(`  and ${differences.length - SHOWN} more`);
  return differences.length;
}
