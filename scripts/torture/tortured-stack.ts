import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { until } from "../command/until.ts";
import { launchStack, type Stack } from "../exchange/stack.ts";
import type { StackRecord } from "../local/record.ts";
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

const RECORDED_AT_MOST_MS = 10_000;

type Place = { readonly port: number; readonly dataDir: string };

/** A whole local stack whose processes can be killed one by one and all at once, and which then is started again. */
export class TorturedStack {
  readonly url: string;
  readonly #place: Place;
  #stack: Stack | undefined;
  #starts = 0;

  constructor(place: Place) {
    this.#place = place;
    this.url = `http://${HOST}:${place.port}`;
  }

  /** What the stack has said last. */
  get lastWords(): string {
    return this.#stack?.output() ?? "";
  }

  /** Whether the supervisor runs; one that has ended unasked has given its stack up. */
  get isRunning(): boolean {
    return this.#stack?.isRunning === true;
  }

  get record(): StackRecord {
    if (this.#stack === undefined) throw new Error("the stack was not started");
    return this.#stack.record();
  }

  async start(): Promise<void> {
    const { port, dataDir } = this.#place;
    const { DYNAMODB_ENDPOINT: _endpoint, ...inherited } = process.env;
    this.#starts++;
    const env = { ...inherited, PORT: String(port), DATA_DIR: dataDir, RATE_LIMITS: "off" };
    this.#stack = launchStack(env);
    if (!(await this.#stack.isReady)) throw new Error(`The stack did not start:\n${this.lastWords}`);
  }

  /** Ends the victim with no chance to finish anything. Whatever the supervisor does not start again by itself is left down. */
  async kill(victim: Victim): Promise<void> {
    if (victim !== "whole stack") {
      const look = () => this.record.children[PARTS[victim]]?.pid;
      // A part that was started again a moment ago may not be in the record yet.
      const pid = await until(look, { forMs: RECORDED_AT_MOST_MS });
      if (pid === undefined) throw new Error(`the stack's record names no ${PARTS[victim]}`);
      killIfThere(pid);
      return;
    }
    const pids = Object.values(this.record.children).map(({ pid }) => pid);
    const killed = this.#stack?.kill();
    for (const pid of pids) killIfThere(pid);
    await killed;
    this.#keepLogs();
  }

  /** A stack empties its log directory when it starts, and the story of a difference may be in there. */
  #keepLogs(): void {
    const { port, dataDir } = this.#place;
    const logs = join(workDirOf(port), "logs");
    if (existsSync(logs)) cpSync(logs, join(dataDir, "logs", `start-${this.#starts}`), { recursive: true });
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      await this.#stack?.end();
      this.#keepLogs();
    }
    this.clearAway();
  }

  /** For the end of the program itself: leaves no process behind, whatever the state of the stack is. */
  clearAway(): void {
    this.#stack?.clearAway();
    this.#stack = undefined;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It had just ended by itself.
  }
}
