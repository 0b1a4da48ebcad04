import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { createLog } from "../lib/adapters/log.ts";
import { passwords } from "../lib/adapters/passwords.ts";
import { createRandom } from "../lib/adapters/random.ts";
import { createAdmin } from "../lib/auth/create-admin.ts";
import { flag } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { CannotBegin } from "./command/told.ts";
import { regionOf, stageFrom } from "./keys/stage.ts";
import { DEFAULT_REGION, loadConfiguration } from "./local/configuration.ts";

const HELP = `Makes the first administrator of a deployed stage.

  ADMIN_EMAIL=me@example.com ADMIN_PASSWORD=... npm run make-admin -- STAGE [--promote]

An address that has an account already is refused: somebody else may have opened it. With --promote that account becomes an
administrator's, gets the password, and loses every session, so that nobody who held it before holds it still; its balances and orders stay.
An administrator of this very password stays as is.

It writes to the stage's tables with the AWS credentials of whoever runs it, in AWS_REGION (${DEFAULT_REGION} where it is not set).
The local exchange makes its own administrator.`;

await runCommand({
  help: HELP,
  options: { promote: flag() },
  takesFiles: true,
  run: async ({ promote }, files) => {
    const stage = stageFrom(files);
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
    if (!email || !password || password.length < 10)
      throw new CannotBegin(
        "ADMIN_EMAIL and ADMIN_PASSWORD, of 10 characters or more, say whose it is; --help says more",
      );
    process.env.AWS_REGION = regionOf(process.env);
    const tokens = {
      issue: () => Promise.reject(new Error("no tokens are issued here")),
      verifyRefresh: async () => undefined,
    };
    const store = createDynamoStore({ tablePrefix: loadConfiguration(stage).prefix });
    const ports = { store, clock, random: createRandom(), log: createLog(), passwords, tokens };
    const made = await createAdmin({ email, password, promote }, ports);
    if (!made.ok) {
      console.error(`${made.refusal.message}. Nothing was changed; --help says what --promote does.`);
      return 1;
    }
    const { id, status } = made.value;
    console.log(`${email} is an administrator of ${stage} in ${process.env.AWS_REGION} (${id})`);
    if (status === "frozen") console.log("The account is frozen; another administrator has to unfreeze it.");
    return 0;
  },
});
