import { mkdirSync, writeFileSync } from "node:fs";
import { text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { regionOf, stageFrom } from "./keys/stage.ts";
import { parametersOf } from "./keys/stage-keys.ts";
import { loadConfiguration } from "./local/configuration.ts";
import { keySetOf, newKeys } from "./local/keys.ts";

const HELP = `Makes a new stage's first keys, and prints the commands that store them.

  npm run make-keys -- STAGE [--region R]

A stage that has keys gets others by npm run rotate-keys, without anybody being locked out.`;

await runCommand({
  help: HELP,
  options: { region: text() },
  takesFiles: true,
  run: async ({ region = regionOf(process.env) }, files) => {
    const configuration = loadConfiguration(stageFrom(files));
    const { publicKey, privateKey } = newKeys();
    // In files, because what stands on a command line stays in the shell's history.
    const directory = `.local/keys-${configuration.stage}`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(`${directory}/public-keys.json`, keySetOf([publicKey]));
    writeFileSync(`${directory}/private-key.json`, privateKey, { mode: 0o600 });
    const { published, signing } = parametersOf(configuration);
    const put = (name: string, type: string, file: string): string =>
      `aws ssm put-parameter --region ${region} --name ${name} --type ${type} --value file://${directory}/${file}`;
    console.log(put(published, "String", "public-keys.json"));
    console.log(put(signing, "SecureString", "private-key.json"));
    console.log(`rm -r ${directory}`);
    console.log(`npm run deploy -- --stage ${configuration.stage} --region ${region}`);
    return 0;
  },
});
