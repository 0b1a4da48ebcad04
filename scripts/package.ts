import { text } from "./command/options.ts";
import { runCommand } from "./command/run.ts";
import { packageStacks } from "./deploy/package.ts";
import { runServerless } from "./deploy/serverless.ts";
import { regionOf } from "./keys/stage.ts";

const HELP = `Packages both stacks as they would be deployed.

  npm run package -- [--stage dev] [--region R] [--out .package]

The templates and bundles are in OUT/data and OUT/exchange; npm run check:deploy -- OUT checks them. AWS is not called, but Serverless wants
to see credentials, which may be made up.`;

await runCommand({
  help: HELP,
  options: { stage: text(), region: text(), out: text() },
  run: async ({ stage = "dev", region = regionOf(process.env), out = ".package" }) => {
    await packageStacks(out, { stage, region }, { run: runServerless });
    return 0;
  },
});
