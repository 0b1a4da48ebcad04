import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { readCatalogue } from "../lib/market/market.ts";
import definitions from "../resources/markets.json" with { type: "json" };
import { text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { deployedExchange, openStoredExchange } from "./exchange/find.ts";
import { verify } from "./verify/verify.ts";

const HELP = `Checks an exchange against its own records: every unit of money accounted for, every wallet against its deposits,
withdrawals and live orders, every market's journal replayed from the first entry and compared with what is stored.

  npm run verify                     the exchange that runs on PORT (3000 if not set)
  DATA_DIR=dir npm run verify        the exchange that is stored there, running or not
  npm run verify -- --stage STAGE    the one that is deployed, read with your AWS credentials and AWS_REGION

Exact also while trading goes on. Ends with 0 where everything agrees, with 1 and the first difference where not, and
with 2 where there is no exchange to check.`;

await runCommand({
  help: HELP,
  options: { stage: text() },
  run: async ({ stage }) => {
    const exchange = stage === undefined ? await openStoredExchange() : deployedExchange(stage);
    const { place, close, ...where } = exchange;
    try {
      console.log(`Verifying ${place}`);
      const log = {
        info: () => {},
        warn: () => {},
        error: (event: string, cause: unknown) => console.error(`${event}: ${String(cause)}`),
      };
      const store = createDynamoStore(where);
      const differences = await verify({ catalogue: readCatalogue(definitions), store, clock, log });
      return differences === 0 ? 0 : 1;
    } finally {
      await close();
    }
  },
});
