import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

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
  readonly state?: {
    readonly digest: string;
    readonly snapshotVersion: number;
    readonly version: number;
    readonly orders: number;
  };
};

const SCRIPT = fileURLToPath(new URL("./cold.ts", import.meta.url));
const AT_MOST_MS = 300_000;

/** Recovers in a process of its own: nothing is compiled, cached or connected before. It ends with this one, or when it takes too long. */
export function recoverCold(request: ColdRequest): Promise<ColdResult> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, [JSON.stringify(request)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      timeout: AT_MOST_MS,
      killSignal: "SIGKILL",
    });
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end);
    child.once("message", (result) => resolve(result as ColdResult));
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("exit", end);
      reject(new Error(`a recovery ended without a result: ${signal ?? `exit code ${code}`}`));
    });
  });
}
