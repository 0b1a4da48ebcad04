import { DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";
import { flag, text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { Told } from "./command/told.ts";
import { runServerless } from "./deploy/serverless.ts";
import { stepsOf } from "./deploy/steps.ts";
import { regionOf, stageFrom } from "./keys/stage.ts";
import { parametersOf, readStageKeys } from "./keys/stage-keys.ts";
import { type Configuration, loadConfiguration, textFrom } from "./local/configuration.ts";

const HELP = `Deploys a stage: the stack of its tables and queues, then that of its functions.

  npm run deploy -- --stage S [--region R] [--force]

A deployment that fails, the first as well, can be repeated. Between two that change no table or queue, the second stack alone is enough:
npx serverless deploy --stage S --region R. It uses your AWS credentials.

  --force   also where nothing but a parameter has changed, as after npm run rotate-keys`;

await runCommand({
  help: HELP,
  options: { stage: text(), region: text(), force: flag() },
  run: async ({ stage, region = regionOf(process.env), force }) => {
    const configuration = loadConfiguration(stageFrom(stage === undefined ? [] : [stage]));
    const target = { stage: configuration.stage, region };
    await mustHaveKeys(configuration, region);
    const missing = await missingTables(configuration, region);
    for (const { why, args } of stepsOf({ ...target, missing })) {
      console.log(`\n== ${why}`);
      await runServerless(force ? [...args, "--force"] : args);
    }
    return 0;
  },
});

/** The second stack reads them; without them it would fail after the first was made. */
async function mustHaveKeys(configuration: Configuration, region: string): Promise<void> {
  const aws = { ssm: new SSMClient({ region }), lambda: new LambdaClient({ region }) };
  const keys = await readStageKeys(parametersOf(configuration), aws);
  if (keys === undefined)
    throw new Told(
      `The stage ${configuration.stage} has no keys in ${region} yet: npm run make-keys -- ${configuration.stage} --region ${region}`,
    );
}

async function missingTables({ data }: Configuration, region: string): Promise<readonly string[]> {
  const there = new Set<string>();
  for await (const { TableNames = [] } of paginateListTables({ client: new DynamoDBClient({ region }) }, {}))
    for (const name of TableNames) there.add(name);
  return Object.values(data)
    .flatMap(({ Type, Properties }) =>
      Type === "AWS::DynamoDB::Table" ? [textFrom(Properties.TableName)] : [],
    )
    .filter((name) => !there.has(name));
}
