import { mkdirSync, writeFileSync } from "node:fs";
import { newKeys } from "./local/keys.ts";

/** `node scripts/make-keys.ts STAGE`: a new pair of keys for a stage's access tokens, and the commands that store it. */
const [stage] = process.argv.slice(2);
if (stage === undefined || !/^[a-z0-9-]+$/.test(stage)) {
  console.error("Usage: node scripts/make-keys.ts STAGE, as in: node scripts/make-keys.ts dev");
  process.exit(2);
}
const { publicKey, privateKey } = newKeys();
// In files, because what stands on a command line stays in the shell's history.
const directory = `.local/keys-${stage}`;
mkdirSync(directory, { recursive: true, mode: 0o700 });
writeFileSync(`${directory}/jwt-public-key.json`, publicKey);
writeFileSync(`${directory}/jwt-private-key.json`, privateKey, { mode: 0o600 });
const put = (name: string, type: string): string =>
  `aws ssm put-parameter --name /cex-pilot/${stage}/${name} --type ${type} --value file://${directory}/${name}.json`;
console.log(put("jwt-public-key", "String"));
console.log(put("jwt-private-key", "SecureString"));
console.log(`rm -r ${directory}`);
