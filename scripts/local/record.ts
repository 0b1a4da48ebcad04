import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Child } from "./child.ts";
import { PROJECT_ROOT } from "./configuration.ts";
import { commandLineOf, signal } from "./ports.ts";
import { endpointsOf, type Settings } from "./settings.ts";

/** What other scripts need to know about a running stack. It is written to `.local/stack-PORT.json`, and to DATA_DIR where that is set. */
export type StackRecord = ReturnType<typeof recordOf>;

const RECORDS_DIR = join(PROJECT_ROOT, ".local");
const SUPERVISOR_COMMAND = "scripts/start.ts";

export function recordPath(port: number): string {
  return join(RECORDS_DIR, `stack-${port}.json`);
}

export function dataDirRecordPath(dataDir: string): string {
  return join(dataDir, "stack.json");
}

/** All places of a stack's record: by its port, and in its DATA_DIR. */
export function recordPaths({ ports, dataDir }: Pick<Settings, "ports" | "dataDir">): readonly string[] {
  return [recordPath(ports.http), ...(dataDir === undefined ? [] : [dataDirRecordPath(dataDir)])];
}

export function readRecord(path: string): StackRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StackRecord;
  } catch {
    // Half written by a supervisor that was killed: as good as none.
    return undefined;
  }
}

type Running = { readonly prefix: string; readonly isReady: boolean; readonly children: readonly Child[] };

function recordOf(settings: Settings, { prefix, isReady, children }: Running) {
  const { http: url, ...endpoints } = endpointsOf(settings);
  const pids = children.flatMap(({ spec: { name, command }, pids: { own, guarded } }) => [
    { name, pid: own, command },
    { name: `${name} (guarded)`, pid: guarded, command },
  ]);
  return {
    pid: process.pid,
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    ready: isReady,
    port: settings.ports.http,
    url,
    region: settings.region,
    tablePrefix: prefix,
    queuePrefix: prefix,
    endpoints,
    dataDir: settings.dataDir ?? null,
    logDir: settings.logDir,
    adminEmail: settings.admin.email,
    /** Process ids by name, with a part of each command line to know them by. */
    children: Object.fromEntries(
      pids.flatMap(({ name, pid, command }) => (pid === undefined ? [] : [[name, { pid, command }]])),
    ) as { readonly [name: string]: { readonly pid: number; readonly command: string } },
  };
}

export function writeRecord(settings: Settings, running: Running): void {
  for (const path of recordPaths(settings)) {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(recordOf(settings, running), null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  }
}

export function removeRecord(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** The stack on a port (that of PORT, or 3000), or the only one that runs. */
export function findRunningStack(port?: number): StackRecord | undefined {
  if (port !== undefined) return runningFrom(recordPath(port));
  if (!existsSync(RECORDS_DIR)) return undefined;
  const records = readdirSync(RECORDS_DIR)
    .filter((name) => /^stack-\d+\.json$/.test(name))
    .map((name) => runningFrom(join(RECORDS_DIR, name)))
    .filter((record) => record !== undefined);
  return records.find((record) => record.port === 3000) ?? (records.length === 1 ? records[0] : undefined);
}

/** The record, where its stack runs. */
export function runningFrom(path: string): StackRecord | undefined {
  const record = readRecord(path);
  return record !== undefined && isSupervisor(record.pid) ? record : undefined;
}

/** A process id may have been given to somebody else since. */
function isSupervisor(pid: number): boolean {
  return commandLineOf(pid)?.includes(SUPERVISOR_COMMAND) === true;
}

/** Ends what a dead supervisor left behind. Returns the names of what it found alive. */
export function killLeftovers({ children }: StackRecord): readonly string[] {
  return Object.entries(children)
    .filter(
      ([, { pid, command }]) => commandLineOf(pid)?.includes(command) === true && signal(pid, "SIGKILL"),
    )
    .map(([name]) => name);
}
