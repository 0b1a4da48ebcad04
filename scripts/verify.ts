import { parseArgs } from "node:util";
import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { readCatalogue } from "../lib/market/market.ts";
import type { Log } from "../lib/ports/ports.ts";
import definitions from "../resources/markets.json" with { type: "json" };
import { deployedExchange, openStoredExchange } from "./exchange/find.ts";
import { verify } from "./verify/verify.ts";

const HELP = `Checks an exchange against its own records: every unit of money accounted for, every wallet against its deposits,
withdrawals and live orders, every market's journal replayed from the first entry and compared with what is stored.

  npm run verify                     the exchange that runs on PORT (3000 if not set)
  DATA_DIR=dir npm run verify        the exchange that is stored there, running or not
  npm run verify -- --stage STAGE    the one that is deployed, read with your AWS credentials and AWS_REGION

Exact also while trading goes on. Ends with 0 where everything agrees, with 1 and the first difference where not, and
with 2 where there is no exchange to check.`;

const { values } = parseArgs({
  options: { stage: { type: "string" }, help: { type: "boolean", short: "h" } },
});
if (values.help === true) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const exchange = values.stage === undefined ? await openStoredExchange() : deployedExchange(values.stage);
  if (!exchange.ok) {
    console.error(exchange.message);
    return 2;
  }
  const { place, endpoint, tablePrefix, close } = exchange;
  try {
    console.log(`Verifying ${place}`);
    const store = createDynamoStore({ tablePrefix, ...(endpoint === undefined ? {} : { endpoint }) });
    const log: Log = {
      info: () => {},
      warn: () => {},
      error: (event, cause) => console.error(`${event}: ${String(cause)}`),
    };
    const differences = await verify({ catalogue: readCatalogue(definitions), store, clock, log });
    return differences === 0 ? 0 : 1;
  } finally {
    await close();
  }
}
