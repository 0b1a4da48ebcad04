import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type ColdRequest = {
  readonly endpoint: string;
  readonly tablePrefix: string;
  readonly market: string;
  /** The recovery's deadline, from its start; absent: far away. */
  readonly withinMs?: number;
};

export type ColdResult = {
  readonly ms: number;
  /** From the start of the process, with its modules. */
  readonly sinceStartMs: number;
  /** Of all threads of the process, during `ms`: what a busy machine does not stretch. */
  readonly cpuMs: number;
  /** Of `ms`: waiting for the store. */
  readonly storeMs: number;
  readonly reads: { readonly calls: number; readonly units: number };
  /** Snapshots that were found damaged. */
  readonly damaged: number;
  /** The most memory that the process had, with all that Node itself takes. */
  readonly peakMb: number;
  /** Absent where the deadline came first. */
  readonly state?: { readonly digest: string; readonly snapshotVersion: number; readonly version: number };
};

const SCRIPT = fileURLToPath(new URL("./cold.ts", import.meta.url));
const AT_MOST = { timeout: 300_000, killSignal: "SIGKILL" } as const;

/** Recovers in a process of its own: nothing is compiled, cached or connected before. It ends with the engine, or when it takes too long. */
export async function recoverCold(request: ColdRequest): Promise<ColdResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify(request)], AT_MOST);
  return JSON.parse(stdout) as ColdResult;
}
