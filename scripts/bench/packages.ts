import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../local/configuration.ts";
import type { Cleanup } from "./cleanup.ts";
import type { Measured, Show } from "./report.ts";
import { figure, percentile, ratio } from "./statistics.ts";

const TIMES = 5;
const BUILDS_AT_ONCE = 4;
const LOADER = fileURLToPath(new URL("load-time.ts", import.meta.url));
const EMPTY = "scripts/bench/empty-handler.ts";
/** Of serverless.yml: what serverless-esbuild keeps for itself, or what says nothing about the bundle. */
const NOT_ESBUILDS = ["outputFileExtension", "exclude", "concurrency"];

type Bundle = {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly packedBytes: number;
};
type Loaded = Bundle & { readonly ms: number | undefined; readonly emptyMs: number; readonly fault?: string };

/** Each function as it is deployed: bundled by itself with the settings of serverless.yml, then loaded by a new process. */
export async function measurePackages(cleanup: Cleanup, show: Show): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), "cex-pilot-bench-"));
  cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const entries = globSync("functions/**/*.ts", { cwd: PROJECT_ROOT }).toSorted();
  const bundles: Bundle[] = [];
  const settings = bundleSettings();
  for (let start = 0; start < entries.length; start += BUILDS_AT_ONCE) {
    const some = entries.slice(start, start + BUILDS_AT_ONCE);
    bundles.push(...(await Promise.all(some.map((entry) => bundle(entry, { settings, directory })))));
    show("bundling", bundles.length, entries.length, "");
  }
  const empty = await bundle(EMPTY, { settings, directory });
  const loaded: Loaded[] = [];
  for (const next of bundles) {
    loaded.push(await loadTimes(next, empty));
    show("loading", loaded.length, bundles.length, next.name);
  }
  return report(loaded, empty);
}

/** The settings that deployment uses, from where it reads them. */
function bundleSettings(): BuildOptions {
  const house = parse(readFileSync(join(PROJECT_ROOT, "serverless.yml"), "utf8")) as {
    readonly custom: { readonly esbuild: { readonly [name: string]: unknown } };
  };
  const settings = Object.entries(house.custom.esbuild).filter(([name]) => !NOT_ESBUILDS.includes(name));
  return Object.fromEntries(settings);
}

async function bundle(
  entry: string,
  { settings, directory }: { readonly settings: BuildOptions; readonly directory: string },
): Promise<Bundle> {
  const name = entry.replace(/^functions\//, "").replace(/\.ts$/, "");
  const path = join(directory, `${name.replaceAll("/", "-")}.mjs`);
  await build({
    platform: "node",
    ...settings,
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [entry],
    outfile: path,
    logLevel: "silent",
  });
  const code = readFileSync(path);
  // A package is a zip of this one file.
  return { name, path, bytes: code.length, packedBytes: deflateRawSync(code, { level: 9 }).length };
}

/** A function and the empty one take turns, so that a slow moment of the machine meets both. */
async function loadTimes(bundle: Bundle, empty: Bundle): Promise<Loaded> {
  const ms: number[] = [];
  const emptyMs: number[] = [];
  try {
    for (let time = 0; time < TIMES; time++) {
      emptyMs.push(await loadTime(empty.path));
      ms.push(await loadTime(bundle.path));
    }
  } catch (cause) {
    const words = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
    const fault = /^\w*Error: .*$/m.exec(words)?.[0] ?? words.slice(0, 200);
    return { ...bundle, ms: undefined, emptyMs: percentile(emptyMs, 0.5), fault };
  }
  return { ...bundle, ms: percentile(ms, 0.5), emptyMs: percentile(emptyMs, 0.5) };
}

async function loadTime(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [LOADER, path], { env: ENVIRONMENT });
  return Number(stdout);
}

/** What Lambda would give a function; nothing of this process's own, such as a compile cache, which Lambda has not. */
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  AWS_LAMBDA_FUNCTION_NAME: "bench",
  TABLE_PREFIX: "cex-pilot-bench",
  QUEUE_PREFIX: "cex-pilot-bench",
  QUEUE_BASE_URL: "https://sqs.eu-central-1.amazonaws.com/000000000000",
  JWT_PUBLIC_KEY: JSON.stringify({ ...publicKey.export({ format: "jwk" }), alg: "EdDSA" }),
  JWT_PRIVATE_KEY: JSON.stringify({ ...privateKey.export({ format: "jwk" }), alg: "EdDSA" }),
  POWERTOOLS_SERVICE_NAME: "cex-pilot",
  POWERTOOLS_METRICS_NAMESPACE: "cex-pilot-bench",
};

function report(loaded: readonly Loaded[], empty: Bundle): Measured {
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(0);
  const emptyMs = percentile(
    loaded.map((one) => one.emptyMs),
    0.5,
  );
  const faults = loaded.flatMap(({ name, fault }) =>
    fault === undefined ? [] : [`${name} does not load: ${fault}`],
  );
  const sorted = loaded.toSorted((a, b) => b.bytes - a.bytes);
  return {
    tables: [
      {
        title: "Functions: package size and load time (median of 5, beside an empty Middy handler in turn)",
        columns: ["function", "bundle KB", "zipped KB", "load ms", "to empty"],
        rows: [
          ...sorted.map(({ name, bytes, packedBytes, ms, emptyMs: base }) => [
            name,
            kilobytes(bytes),
            kilobytes(packedBytes),
            ms === undefined ? "failed" : figure(ms),
            ms === undefined ? "" : ratio(ms, base),
          ]),
          [
            "(empty Middy handler)",
            kilobytes(empty.bytes),
            kilobytes(empty.packedBytes),
            figure(emptyMs),
            "1.00 x",
          ],
        ],
        notes: faults,
      },
    ],
    figures: {
      empty: { bytes: empty.bytes, packedBytes: empty.packedBytes, ms: emptyMs },
      functions: sorted.map(({ path: _path, ...rest }) => rest),
      faults,
    },
  };
}
