import { join } from "node:path";
import { type RunServerless, STACKS, type Target, targetArguments } from "./serverless.ts";

/** Packages both stacks into directories of their names. They are made up from files alone: no credentials are needed, but some have to be there. */
export async function packageStacks(
  directory: string,
  target: Target,
  { run, stdio }: { readonly run: RunServerless; readonly stdio?: "inherit" | "pipe" },
): Promise<void> {
  // One after the other, because each is put together in the same place.
  for (const { name, file } of STACKS)
    await run(
      ["package", "--config", file, "--package", join(directory, name), ...targetArguments(target)],
      stdio,
    );
}
