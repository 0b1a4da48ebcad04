import { spawn } from "node:child_process";
import { heading, printError } from "../command/terminal.ts";
import { PROJECT_ROOT } from "../local/configuration.ts";

type Wishes = {
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  readonly isShown?: boolean;
};

/** Runs another of our programs to its end. What it says is shown, or else given back. */
export async function runScript(
  script: string,
  { env = {}, args = [], isShown = false }: Wishes = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const out = isShown ? "inherit" : "pipe";
  const child = spawn(process.execPath, [`scripts/${script}`, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", out, out],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

/** Verifies the exchange at that address, on this machine, and says whether all agrees. */
export async function verifyExchange(url: string): Promise<boolean> {
  heading("Verification");
  const { port } = new URL(url);
  const { code } = await runScript("verify.ts", { env: port === "" ? {} : { PORT: port }, isShown: true });
  if (code !== 0) printError("The verification failed.");
  return code === 0;
}
