import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { until } from "../command/until.ts";
import { launchStack, type Stack } from "../exchange/stack.ts";
import { signal } from "../local/ports.ts";
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

/** A whole local stack whose processes can be killed one by one and all at once, and which then is started again. */
export class TorturedStack {
  readonly url: string;
  readonly #port: number;
  readonly #dataDir: string;
  #stack: Stack | undefined;
  #starts = 0;

  constructor(port: number, dataDir: string) {
    this.url = `http://${HOST}:${port}`;
    this.#port = port;
    this.#dataDir = dataDir;
  }

  /** The latest start. Where it does not run, its supervisor has ended unasked and so given its stack up. */
  get running(): Stack {
    if (this.#stack === undefined) throw new Error("the stack was not started");
    return this.#stack;
  }

  /** What the stack has said last. */
  get lastWords(): string {
    return this.#stack?.output() ?? "";
  }

  async start(): Promise<void> {
    const { DYNAMODB_ENDPOINT: _endpoint, ...inherited } = process.env;
    this.#starts++;
    const own = { PORT: String(this.#port), DATA_DIR: this.#dataDir, RATE_LIMITS: "off" };
    this.#stack = launchStack({ ...inherited, ...own });
    if (!(await this.#stack.isReady)) throw new Error(`The stack did not start:\n${this.lastWords}`);
  }

  /** Ends the victim with no chance to finish anything. Whatever the supervisor does not start again by itself is left down. */
  async kill(victim: Victim): Promise<void> {
    if (victim === "whole stack") {
      await this.running.killAll();
      this.#keepLogs();
      return;
    }
    const look = () => this.running.record().children[PARTS[victim]]?.pid;
    // A part that was started again a moment ago may not be in the record yet.
    const pid = await until(look, { forMs: RECORDED_AT_MOST_MS });
    if (pid === undefined) throw new Error(`the stack's record names no ${PARTS[victim]}`);
    signal(pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.#stack?.isRunning === true) {
      await this.#stack.end();
      this.#keepLogs();
    }
    this.clearAway();
  }

  /** For the end of the program itself: leaves no process behind, whatever the state of the stack is. */
  clearAway(): void {
    this.#stack?.clearAway();
    this.#stack = undefined;
  }

  /** A stack empties its log directory when it starts, and the story of a difference may be in there. */
  #keepLogs(): void {
    const logs = join(workDirOf(this.#port), "logs");
    const kept = join(this.#dataDir, "logs", `start-${this.#starts}`);
    if (existsSync(logs)) cpSync(logs, kept, { recursive: true });
  }
}
