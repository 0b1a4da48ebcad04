/**
 * Runs a program that knows nothing of us, and ends it when the supervisor is gone, however it went:
 * `node guard.ts PROGRAM [ARGUMENT]...`, started with an IPC channel.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const GRACE_MS = 3_000;

const [program = "", ...programArguments] = process.argv.slice(2);
const child = spawn(program, programArguments, { stdio: ["ignore", "inherit", "inherit"] });
let ending = false;

child.once("spawn", () => process.send?.({ pid: child.pid }));
child.once("error", (cause) => {
  console.error(`cannot run ${program}: ${cause.message}`);
  process.exit(1);
});
child.once("exit", (code, signal) => {
  process.exit(ending ? 0 : (code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
});

process.once("SIGTERM", end);
process.once("SIGINT", end);
process.once("disconnect", end);
if (process.send !== undefined && !process.connected) end();

function end(): void {
  ending = true;
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
}
