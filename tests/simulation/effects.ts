import type { Clock, Log, LogFields, Random } from "../../lib/ports/ports.ts";

/** Without time of its own: sleeping is what makes it pass. */
export class VirtualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);

  /** Whole, as clocks are, also after a sleep of a part of a millisecond. */
  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  async sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ids and chances that follow from a counter: the same run gives the same ids. */
export class CountingRandom implements Random {
  #count = 0;

  id(timeMs: number): string {
    return base32(timeMs, 10) + base32(this.#count++, 16);
  }

  fraction(): number {
    return 0.5;
  }
}

function base32(value: number, length: number): string {
  let text = "";
  for (let rest = Math.floor(value); text.length < length; rest = Math.floor(rest / 32))
    text = BASE32[rest % 32] + text;
  return text;
}

export type LogLine = {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
};

/** Keeps the last lines, for tests that ask what was said. */
export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  info(event: string, fields: LogFields = {}): void {
    this.#note({ level: "info", event, fields });
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#note({ level: "warn", event, fields });
  }

  error(event: string, cause: unknown, fields: LogFields = {}): void {
    this.#note({ level: "error", event, fields: { ...fields, cause: String(cause) } });
  }

  #note(line: LogLine): void {
    if (this.lines.length === 1_000) this.lines.shift();
    this.lines.push(line);
  }
}
