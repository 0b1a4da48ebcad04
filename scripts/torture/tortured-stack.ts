import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT_ROOT } from "../local/configuration.ts";
import { killLeftovers, readRecord, recordPath, type StackRecord } from "../local/record.ts";
import { HOST, workDirOf } from "../local/settings.ts";
import type { Victim } from "./plan.ts";

/** The part of the stack that a victim is, by its name in the stack's record. */
const PARTS: { readonly [victim in Exclude<Victim, "whole stack">]: string } = {
  matchers: "workers",
  "event sources": "event-sources",
  api: "api",
  sqs: "sqs",
  // The engine itself; the process that guards it goes with it, and the supervisor starts both again.
  dynamodb: "dynamodb (guarded)",
};

const READY_AT_MOST_MS = 60_000;
const STOP_AT_MOST_MS = 30_000;
const RECORDED_AT_MOST_MS = 10_000;
const KEPT_OUTPUT = 8_000;

type Place = { readonly port: number; readonly dataDir: string };

/** A whole local stack, as `npm start` runs it, whose processes can be killed one by one and all at once. */
export class TorturedStack {
  readonly url: string;
  readonly #place: Place;
  #supervisor: ChildProcess | undefined;
  #output = "";
  #starts = 0;

  constructor(place: Place) {
    this.#place = place;
    this.url = `http://${HOST}:${place.port}`;
  }

  /** What the stack has said last. */
  get lastWords(): string {
    return this.#output;
  }

  /** Whether the supervisor runs; one that has ended unasked has given its stack up. */
  get isRunning(): boolean {
    const child = this.#supervisor;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get record(): StackRecord {
    const record = readRecord(recordPath(this.#place.port));
    if (record === undefined) throw new Error(`the stack has no record; it said:\n${this.#output}`);
    return record;
  }

  async start(): Promise<void> {
    const { port, dataDir } = this.#place;
    const { DYNAMODB_ENDPOINT: _endpoint, ...inherited } = process.env;
    const child = spawn(process.execPath, ["scripts/start.ts"], {
      cwd: PROJECT_ROOT,
      env: { ...inherited, PORT: String(port), DATA_DIR: dataDir, RATE_LIMITS: "off" },
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C at the terminal is for the torture, which ends the stack once it is done with it.
      detached: true,
    });
    this.#supervisor = child;
    this.#starts++;
    this.#output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    const deadline = performance.now() + READY_AT_MOST_MS;
    while (!this.#output.includes("is ready at")) {
      if (!this.isRunning || performance.now() > deadline)
        throw new Error(`The stack did not start:\n${this.#output}`);
      await sleep(25);
    }
  }

  /** Ends the victim with no chance to finish anything. Whatever the supervisor does not start again by itself is left down. */
  async kill(victim: Victim): Promise<void> {
    if (victim === "whole stack") {
      const pids = Object.values(this.record.children).map(({ pid }) => pid);
      const supervisor = this.#supervisor;
      supervisor?.kill("SIGKILL");
      for (const pid of pids) killIfThere(pid);
      while (this.isRunning) await sleep(5);
      this.keepLogs();
      return;
    }
    const pid = await this.#pidOf(PARTS[victim]);
    killIfThere(pid);
  }

  /** A part that was started again a moment ago may not be in the record yet. */
  async #pidOf(part: string): Promise<number> {
    const deadline = performance.now() + RECORDED_AT_MOST_MS;
    for (;;) {
      const pid = this.record.children[part]?.pid;
      if (pid !== undefined) return pid;
      if (performance.now() > deadline) throw new Error(`the stack's record names no ${part}`);
      await sleep(20);
    }
  }

  /** A stack empties its log directory when it starts, and the story of a difference may be in there. */
  keepLogs(): void {
    const logs = join(workDirOf(this.#place.port), "logs");
    if (!existsSync(logs)) return;
    cpSync(logs, join(this.#place.dataDir, "logs", `start-${this.#starts}`), { recursive: true });
  }

  /** Ends it as Ctrl-C does, and insists where it does not end. */
  async stop(): Promise<void> {
    if (!this.isRunning) {
      this.endAtOnce();
      return;
    }
    this.#supervisor?.kill("SIGTERM");
    const deadline = performance.now() + STOP_AT_MOST_MS;
    while (this.isRunning && performance.now() < deadline) await sleep(20);
    this.keepLogs();
    this.endAtOnce();
  }

  /** For the end of the program itself: leaves no process behind, whatever the state of the stack is. */
  endAtOnce(): void {
    if (this.#supervisor === undefined) return;
    this.#supervisor.kill("SIGKILL");
    const record = readRecord(recordPath(this.#place.port));
    if (record !== undefined && record.pid === this.#supervisor.pid) killLeftovers(record);
    this.#supervisor = undefined;
    rmSync(recordPath(this.#place.port), { force: true });
    rmSync(workDirOf(this.#place.port), { recursive: true, force: true });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It had just ended by itself.
  }
}
