import { clock } from "../lib/adapters/clock.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb-store.ts";
import { createLog } from "../lib/adapters/log.ts";
import { passwords } from "../lib/adapters/passwords.ts";
import { createRandom } from "../lib/adapters/random.ts";
import { createAdmin } from "../lib/auth/create-admin.ts";
import { loadConfiguration } from "./local/configuration.ts";

const HELP = `Makes the first administrator of a deployed stage, or gives an account that role and password.

  AWS_REGION=eu-central-1 ADMIN_EMAIL=me@example.com ADMIN_PASSWORD=... npm run make-admin -- STAGE

It writes to the stage's tables with the AWS credentials of whoever runs it. The local exchange makes its own.`;

const [stage] = process.argv.slice(2);
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
const { id } = await createAdmin({ email, password }, ports);
console.log(`${email} is an administrator of ${stage} (${id})`);
