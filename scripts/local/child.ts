import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { until } from "../command/until.ts";
import { PROJECT_ROOT } from "./configuration.ts";
import { answers, commandLineOf, signal } from "./ports.ts";

export type ChildSpec = {
  readonly name: string;
  /** Arguments of `node`; the first is a script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A part of its command line, to know it by. */
  readonly command: string;
  /** The port that it listens on when it is ready. */
  readonly port?: number;
  /** Whether it ends by itself when it is done. */
  readonly once?: boolean;
};

const RESTARTS_AT_MOST = 5;
const RESTART_WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const STOP_GRACE_MS = 8_000;
const READY_AT_MOST_MS = 30_000;
const LAST_WORDS = 3000;
const LOG_BYTES_AT_MOST = 64 * 1024 * 1024;

/** A child process that is started again when it ends unasked. */
export class Child {
  readonly spec: ChildSpec;
  readonly logPath: string;
  /** Process of a program that the child itself guards. */
  #guarded: number | undefined;
  #process: ChildProcess | undefined;
  #stopping = false;
  #restarts: number[] = [];
  readonly #onChange: (event: ChildEvent) => void;

  constructor(spec: ChildSpec, logDir: string, onChange: (event: ChildEvent) => void) {
    this.spec = spec;
    this.logPath = join(logDir, `${spec.name}.log`);
    this.#onChange = onChange;
  }

  get pids(): { readonly own: number | undefined; readonly guarded: number | undefined } {
    return { own: this.#process?.pid, guarded: this.#guarded };
  }

  start(): void {
    mkdirSync(dirname(this.logPath), { recursive: true });
    const log = openSync(this.logPath, "a", 0o600);
    // In a group of its own: Ctrl-C in the terminal is for the supervisor, who ends the children in order.
    const child = spawn(process.execPath, this.spec.args, {
      cwd: PROJECT_ROOT,
      env: this.spec.env,
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    child.on("error", () => undefined);
    child.on("message", (message: { pid?: number }) => {
      this.#guarded = message.pid;
      this.#onChange({ kind: "started" });
    });
    child.once("exit", (code, signal) => this.#ended(child, code, signal));
    this.#onChange({ kind: "started" });
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    if (this.#stopping || (code === 0 && this.spec.once === true)) return;
    const how = signal ?? `exit code ${code}`;
    const now = Date.now();
    this.#restarts = [...this.#restarts.filter((time) => time > now - RESTART_WINDOW_MS), now];
    this.#killGuarded();
    if (this.#restarts.length > RESTARTS_AT_MOST) {
      this.#onChange({ kind: "hopeless", how });
      return;
    }
    const pauseMs = FIRST_PAUSE_MS * 2 ** (this.#restarts.length - 1);
    this.#onChange({ kind: "died", how, pauseMs });
    setTimeout(() => {
      if (!this.#stopping) this.start();
    }, pauseMs);
  }

  /** A guard that was killed could not end what it guarded. */
  #killGuarded(): void {
    const pid = this.#guarded;
    this.#guarded = undefined;
    if (pid !== undefined && commandLineOf(pid)?.includes(this.spec.command) === true) signal(pid, "SIGKILL");
  }

  /** Asks for an end, and insists after a while. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child?.pid === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const insist = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await ended;
    clearTimeout(insist);
  }

  /** Waits for one that ends by itself. */
  async done(): Promise<void> {
    if (this.#process !== undefined) await once(this.#process, "exit");
  }

  kill(): void {
    this.#stopping = true;
    this.#process?.kill("SIGKILL");
    this.#killGuarded();
  }

  /** Waits until the port answers. Rejects where the process ends first. */
  async listening(): Promise<void> {
    const { name, port } = this.spec;
    const isUp = await until(
      async () => {
        if (this.#process === undefined) throw new Error(`${name} ended before it was ready`);
        return port === undefined || (await answers(port)) || undefined;
      },
      { forMs: READY_AT_MOST_MS },
    );
    if (isUp === undefined) throw new Error(`${name} was not ready after ${READY_AT_MOST_MS / 1000} s`);
  }

  /** Moves a long log aside. The child goes on appending to its file, so the file is emptied, not renamed. */
  trimLog(): void {
    if (!existsSync(this.logPath) || statSync(this.logPath).size < LOG_BYTES_AT_MOST) return;
    copyFileSync(this.logPath, `${this.logPath}.1`);
    truncateSync(this.logPath);
  }

  /** The end of the log, for a person who asks why. */
  lastWords(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, "utf8").slice(-LAST_WORDS) : "";
  }
}

export type ChildEvent =
  | { readonly kind: "started" }
  | { readonly kind: "died"; readonly how: string; readonly pauseMs: number }
  | { readonly kind: "hopeless"; readonly how: string };
