import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { type Configuration, PROJECT_ROOT } from "./configuration.ts";

/**
 * Bundles all functions at once. What they share (most of it: the AWS SDK) is written and loaded once, where bundles of their own
 * would cost every function its own copy; that makes a start of seconds out of half a minute's work. On AWS each has its own.
 */
export async function bundleFunctions(configuration: Configuration, outputDir: string): Promise<void> {
  const files = new Set(
    Object.values(configuration.functions).map(({ handler }) => handler.replace(/\.\w+$/, ".ts")),
  );
  rmSync(outputDir, { recursive: true, force: true });
  await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [...files],
    outbase: ".",
    outdir: outputDir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "shared/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    alias: { "@aws-sdk/credential-provider-node": "./lib/adapters/environment-credentials.ts" },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: "silent",
  });
}

export function bundleDirOf(workDir: string): string {
  return join(workDir, "bundles");
}
