import { execFile } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { figure, percentile, ratio } from "../command/statistics.ts";
import { deployedSettings } from "../local/bundle.ts";
import { PROJECT_ROOT } from "../local/configuration.ts";
import { keySetOf, newKeys } from "../local/keys.ts";
import type { Cleanup } from "./cleanup.ts";
import type { Measured, Show } from "./report.ts";

const TIMES = 5;
const BUILDS_AT_ONCE = 4;
/** What every function is compared with: the least that a function of this house can be. */
const EMPTY_HANDLER = `
import middy from "@middy/core";
export const handler = middy().handler(async () => ({ statusCode: 204 }));
`;
type Bundle = {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly packedBytes: number;
};
/** What a new process needs to load a bundle, and, with Node's own start, until then. */
type LoadTime = { readonly loadMs: number; readonly startMs: number };
type Loaded = Bundle & {
  readonly own: LoadTime | undefined;
  readonly empty: LoadTime;
  readonly fault?: string;
};

/** Run by a process of its own, as plain JavaScript, so that nothing but the bundle is loaded. */
const LOADER = `
const before = performance.now();
const { handler } = await import(process.argv[1]);
const now = performance.now();
if (typeof handler !== "function") throw new Error("there is no handler");
process.stdout.write(JSON.stringify({ loadMs: now - before, startMs: now }));
process.exit(0);
`;

/** Each function as it is deployed: bundled by itself with the settings of serverless.yml, then loaded by a new process. */
export async function measurePackages(cleanup: Cleanup, show: Show): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), "cex-pilot-bench-"));
  cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const entries = globSync("functions/**/*.ts", { cwd: PROJECT_ROOT }).toSorted();
  const bundles: Bundle[] = [];
  const settings = deployedSettings();
  const context = (entry: string): BundleContext => ({
    name: entry.replace(/^functions\//, "").replace(/\.ts$/, ""),
    settings,
    directory,
  });
  for (let start = 0; start < entries.length; start += BUILDS_AT_ONCE) {
    const some = entries.slice(start, start + BUILDS_AT_ONCE);
    bundles.push(
      ...(await Promise.all(some.map((entry) => bundle({ entryPoints: [entry] }, context(entry))))),
    );
    show("bundling", bundles.length, entries.length, "");
  }
  const source = { stdin: { contents: EMPTY_HANDLER, resolveDir: PROJECT_ROOT } };
  const empty = await bundle(source, context("(empty Middy handler)"));
  const loaded: Loaded[] = [];
  for (const next of bundles) {
    loaded.push(await loadTimes(next, empty));
    show("loading", loaded.length, bundles.length, next.name);
  }
  return report(loaded, empty);
}

type BundleContext = { readonly name: string; readonly settings: BuildOptions; readonly directory: string };

async function bundle(source: BuildOptions, { name, settings, directory }: BundleContext): Promise<Bundle> {
  const path = join(directory, `${name.replaceAll(/\W+/g, "-")}.mjs`);
  const { outputFiles } = await build({
    ...settings,
    ...source,
    outfile: path,
    write: false,
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${name} gave no bundle`);
  const code = output.contents;
  // Written here and not by esbuild, which would make the directory again after it was removed.
  writeFileSync(path, code);
  // A package is a zip of this one file.
  return { name, path, bytes: code.length, packedBytes: deflateRawSync(code, { level: 9 }).length };
}

/** A function and the empty one take turns, so that a slow moment of the machine meets both. */
async function loadTimes(bundle: Bundle, emptyBundle: Bundle): Promise<Loaded> {
  const own: LoadTime[] = [];
  const empty: LoadTime[] = [];
  try {
    for (let time = 0; time < TIMES; time++) {
      empty.push(await loadTime(emptyBundle.path));
      own.push(await loadTime(bundle.path));
    }
  } catch (cause) {
    const words = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
    const fault = /^\w*Error: .*$/m.exec(words)?.[0] ?? words.slice(0, 200);
    return { ...bundle, own: undefined, empty: medianOf(empty), fault };
  }
  return { ...bundle, own: medianOf(own), empty: medianOf(empty) };
}

function medianOf(times: readonly LoadTime[]): LoadTime {
  const median = (name: keyof LoadTime) =>
    percentile(
      times.map((time) => time[name]),
      0.5,
    );
  return { loadMs: median("loadMs"), startMs: median("startMs") };
}

async function loadTime(path: string): Promise<LoadTime> {
  const args = ["--input-type=module", "--eval", LOADER, pathToFileURL(path).href];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: ENVIRONMENT });
  return JSON.parse(stdout) as LoadTime;
}

/** What Lambda would give a function; nothing of this process's own, such as a compile cache, which Lambda has not. */
const { publicKey, privateKey } = newKeys();
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  AWS_LAMBDA_FUNCTION_NAME: "bench",
  TABLE_PREFIX: "cex-pilot-bench",
  QUEUE_PREFIX: "cex-pilot-bench",
  QUEUE_BASE_URL: "https://sqs.eu-central-1.amazonaws.com/000000000000",
  JWT_PUBLIC_KEYS: keySetOf([publicKey]),
  JWT_PRIVATE_KEY: privateKey,
  POWERTOOLS_SERVICE_NAME: "cex-pilot",
  POWERTOOLS_METRICS_NAMESPACE: "cex-pilot-bench",
};

function report(loaded: readonly Loaded[], emptyBundle: Bundle): Measured {
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(0);
  const empty = medianOf(loaded.map((one) => one.empty));
  const faults = loaded.flatMap(({ name, fault }) =>
    fault === undefined ? [] : [`${name} does not load: ${fault}`],
  );
  const sorted = loaded.toSorted((a, b) => b.bytes - a.bytes);
  const sizes = ({ name, bytes, packedBytes }: Bundle) => [name, kilobytes(bytes), kilobytes(packedBytes)];
  const rowOf = (one: Loaded): string[] => {
    const { own, empty: base } = one;
    if (own === undefined) return [...sizes(one), "failed", "", "", ""];
    const { loadMs, startMs } = own;
    const toEmpty = { load: ratio(loadMs, base.loadMs), start: ratio(startMs, base.startMs) };
    return [...sizes(one), figure(loadMs), toEmpty.load, figure(startMs), toEmpty.start];
  };
  return {
    tables: [
      {
        title: `Functions: package size and load time (median of ${TIMES}, in turn with an empty Middy handler)`,
        columns: [
          "function",
          "bundle KB",
          "zipped KB",
          "load ms",
          "to empty",
          "Node's start and load ms",
          "to empty",
        ],
        rows: [
          ...sorted.map(rowOf),
          [...sizes(emptyBundle), figure(empty.loadMs), "1.00 x", figure(empty.startMs), "1.00 x"],
        ],
        notes: faults,
      },
    ],
    figures: {
      empty: { bytes: emptyBundle.bytes, packedBytes: emptyBundle.packedBytes, ...empty },
      functions: sorted.map(({ path: _path, ...rest }) => rest),
      faults,
    },
  };
}
