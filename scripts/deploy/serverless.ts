import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../local/configuration.ts";

/** An exchange's two stacks in the order in which they are deployed: what is kept, then what can be made anew, which needs the first. */
export const STACKS = [
  { name: "data", file: "serverless.data.yml" },
  { name: "exchange", file: "serverless.yml" },
] as const;

export type StackName = (typeof STACKS)[number]["name"];

export type Target = { readonly stage: string; readonly region: string };

/** Runs Serverless with these arguments; its words go where `stdio` says. Rejects where it fails. */
export type RunServerless = (args: readonly string[], stdio?: "inherit" | "pipe") => Promise<void>;

export function targetArguments({ stage, region }: Target): readonly string[] {
  return ["--stage", stage, "--region", region];
}

/** Serverless in a directory for temporary files of its own, since it leaves one there for every function that it bundles. */
export const runServerless: RunServerless = async (args, stdio = "inherit") => {
  const temporary = mkdtempSync(join(tmpdir(), "cex-pilot-serverless-"));
  try {
    await ended(args, { ...process.env, TMPDIR: temporary, SLS_TRACKING_DISABLED: "1" }, stdio);
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
};

async function ended(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdio: "inherit" | "pipe",
): Promise<void> {
  const child = spawn(process.execPath, ["node_modules/serverless/bin/serverless.js", ...args], {
    cwd: PROJECT_ROOT,
    env,
    stdio: ["ignore", stdio, stdio],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`serverless ${args.join(" ")} ended with ${code}\n${words}`);
}
