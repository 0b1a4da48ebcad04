import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { until } from "../command/until.ts";
import { PROJECT_ROOT } from "../local/configuration.ts";
import { signal } from "../local/ports.ts";
import { killLeftovers, readRecord, recordPath, type StackRecord } from "../local/record.ts";
import { HOST, workDirOf } from "../local/settings.ts";

/** A whole local stack, as `npm start` runs it. */
export type Stack = ReturnType<typeof launchStack>;

const READY_AT_MOST_MS = 120_000;
const STOP_AT_MOST_MS = 30_000;
const KEPT_OUTPUT = 16_000;

/** Starts one with exactly this environment, and waits for nothing. It does not outlive this process. */
export function launchStack(env: NodeJS.ProcessEnv) {
  const port = Number(env.PORT || 3000);
  const child = spawn(process.execPath, ["scripts/start.ts"], {
    cwd: PROJECT_ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C at the terminal is for the program in front, which ends the stack once it is done with it.
    detached: true,
  });
  let output = "";
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const isReady = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-KEPT_OUTPUT);
        if (output.includes("is ready at")) resolve(true);
      });
    setTimeout(() => resolve(false), READY_AT_MOST_MS).unref();
    void ended.then(() => resolve(false));
  });
  const endWithUs = (): void => void child.kill("SIGTERM");
  process.once("exit", endWithUs);
  void ended.then(() => process.off("exit", endWithUs));

  const clearAway = (): void => {
    child.kill("SIGKILL");
    const record = readRecord(recordPath(port));
    // It may have been refused because of another one on its port, whose things these are.
    if (record !== undefined && record.pid !== child.pid) return;
    if (record !== undefined) killLeftovers(record);
    rmSync(recordPath(port), { force: true });
    rmSync(workDirOf(port), { recursive: true, force: true, maxRetries: 3 });
  };
  const record = (): StackRecord => {
    const found = readRecord(recordPath(port));
    if (found === undefined) throw new Error(`the stack has no record; it said:\n${output}`);
    return found;
  };
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    url: `http://${HOST}:${port}`,
    port,
    pid: child.pid ?? 0,
    get isRunning() {
      return isRunning();
    },
    /** Settles when the supervisor has ended and nobody writes to its output any more. */
    ended,
    /** Whether it has become ready; false where it ended, or took too long. */
    isReady,
    /** What it has said last. */
    output: () => output,
    record,
    /** Ends it as Ctrl-C does, and insists where it does not end; gives the exit code. */
    end: async (): Promise<number | null> => {
      child.kill("SIGTERM");
      const isOver = await until(() => (isRunning() ? undefined : true), { forMs: STOP_AT_MOST_MS });
      if (isOver === undefined) clearAway();
      return ended;
    },
    /** Ends the supervisor with no chance to clean up. */
    kill,
    /** The same to every process of the stack. */
    killAll: async (): Promise<void> => {
      const pids = Object.values(record().children).map(({ pid }) => pid);
      const killed = kill();
      for (const pid of pids) signal(pid, "SIGKILL");
      await killed;
    },
    /** Ends it at once, with all that a dead supervisor leaves: for the end of the program itself. */
    clearAway,
  };
}

/** Starts one and waits until it can be used. */
export async function startStack(env: NodeJS.ProcessEnv): Promise<Stack> {
  const stack = launchStack(env);
  if (await stack.isReady) return stack;
  await stack.end();
  throw new Error(`the exchange did not start:\n${stack.output()}`);
}
