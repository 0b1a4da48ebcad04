import { parseArgs } from "node:util";
import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { createLog } from "../lib/adapters/log.ts";
import { passwords } from "../lib/adapters/passwords.ts";
import { createRandom } from "../lib/adapters/random.ts";
import { createAdmin } from "../lib/auth/create-admin.ts";
import { DEFAULT_REGION, loadConfiguration } from "./local/configuration.ts";

const HELP = `Makes the first administrator of a deployed stage.

  ADMIN_EMAIL=me@example.com ADMIN_PASSWORD=... npm run make-admin -- STAGE [--promote]

An address that has an account already is refused: somebody else may have opened it. With --promote that account becomes an
administrator's, gets the password, and loses every session, so that nobody who held it before holds it still; its balances and orders stay.
An administrator of this very password stays as is.

It writes to the stage's tables with the AWS credentials of whoever runs it, in AWS_REGION (${DEFAULT_REGION} where it is not set).
The local exchange makes its own administrator.`;

process.env.AWS_REGION ||= DEFAULT_REGION;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { promote: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [stage] = positionals;
const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
if (stage === undefined || !/^[a-z0-9-]+$/.test(stage) || !email || !password || password.length < 10) {
  console.error(HELP);
  process.exit(2);
}
const tokens = {
  issue: () => Promise.reject(new Error("no tokens are issued here")),
  verifyRefresh: async () => undefined,
};
const store = createDynamoStore({ tablePrefix: loadConfiguration(stage).prefix });
const ports = { store, clock, random: createRandom(), log: createLog(), passwords, tokens };
const made = await createAdmin({ email, password, promote: values.promote }, ports);
if (!made.ok) {
  console.error(
    `${made.refusal.message}.\nNothing was changed. npm run make-admin -- --help says what --promote does.`,
  );
  process.exit(1);
}
const { id, status } = made.value;
console.log(`${email} is an administrator of ${stage} in ${process.env.AWS_REGION} (${id})`);
if (status === "frozen") console.log("The account is frozen; another administrator has to unfreeze it.");
