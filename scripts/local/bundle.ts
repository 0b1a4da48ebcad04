import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { parse } from "yaml";
import { type Configuration, PROJECT_ROOT } from "./configuration.ts";

/** Of serverless.yml: what serverless-esbuild keeps for itself, or what says nothing about the bundle. */
const NOT_ESBUILDS = ["outputFileExtension", "exclude", "concurrency"];

/** The settings that deployment uses, from where it reads them. */
export function deployedSettings(): BuildOptions {
  const house = parse(readFileSync(join(PROJECT_ROOT, "serverless.yml"), "utf8")) as {
    readonly custom: { readonly esbuild: { readonly [name: string]: unknown } };
  };
  const settings = Object.entries(house.custom.esbuild).filter(([name]) => !NOT_ESBUILDS.includes(name));
  return {
    platform: "node",
    logLevel: "silent",
    absWorkingDir: PROJECT_ROOT,
    ...Object.fromEntries(settings),
  };
}

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
    ...deployedSettings(),
    minify: false,
    entryPoints: [...files],
    outbase: ".",
    outdir: outputDir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "shared/[hash]",
    splitting: true,
  });
}

export function bundleDirOf(workDir: string): string {
  return join(workDir, "bundles");
}
