import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";
import { clock } from "../lib/adapters/clock.ts";
import { flag } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { rotate } from "./keys/rotate.ts";
import { regionOf, stageFrom } from "./keys/stage.ts";
import { loadConfiguration } from "./local/configuration.ts";

const HELP = `Replaces the key that signs a deployed stage's tokens, in steps that lock nobody out.

  npm run rotate-keys -- STAGE

  1  a new key is made and its public half published beside the old one      nothing changes yet
  2  you deploy: npm run deploy -- --stage STAGE --force                      every function verifies both
  3  the new key signs, once every function is seen to know it               old tokens are good as before
  4  31 days pass: the longest life of a token, and a day                    those who come refresh
  5  the old key is dropped, and you deploy once more                        the rotation is over

Each run does what can be done now, says what comes next, and may be repeated or broken off at any point. A run after the end begins
the next rotation.

  --drop-now   do not wait in step 4, for a key that may be stolen: whoever has not refreshed since step 3 logs in again

It uses your AWS credentials, and AWS_REGION as a deployment does: ssm:GetParameters, PutParameter, DeleteParameter on the stage's jwt-*
parameters, lambda:GetFunctionConfiguration on its functions.`;

await runCommand({
  help: HELP,
  options: { dropNow: flag() },
  takesFiles: true,
  run: async ({ dropNow }, files) => {
    const configuration = loadConfiguration(stageFrom(files));
    const region = regionOf(process.env);
    console.log(`Keys of ${configuration.prefix} in ${region}`);
    const aws = { ssm: new SSMClient({ region }), lambda: new LambdaClient({ region }) };
    await rotate({
      configuration,
      region,
      aws,
      dropNow,
      nowMs: clock.nowMs,
      say: (line) => console.log(line),
    });
    return 0;
  },
});
