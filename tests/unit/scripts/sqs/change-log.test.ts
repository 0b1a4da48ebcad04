import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ChangeLog, type LogEntry } from "../../../../scripts/local/sqs/change-log.ts";

const DROPPED: LogEntry = { kind: "dropped", queue: "a" };
const HORIZON: LogEntry = { kind: "horizon", createdSeconds: 7 };

let directory: string;
let log: ChangeLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sqs-log-"));
  log = open();
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(): ChangeLog {
  return new ChangeLog(join(directory, "queues.db"));
}

/** As a process finds it that starts while the other one runs, or after it was killed. */
function kept(): readonly LogEntry[] {
  const other = open();
  const entries = [...other.entries()];
  other.close();
  return entries;
}

describe("the log", () => {
  test("gives back the snapshot and what was appended after it", () => {
    log.append(DROPPED);
    log.compact([HORIZON]);
    log.append(DROPPED);
    log.close();
    expect(kept()).toEqual([HORIZON, DROPPED]);
  });

  test("holds nothing where there is none", () => {
    expect(kept()).toEqual([]);
  });

  test("keeps an entry from the flush on, not before", () => {
    log.append(DROPPED);
    expect(kept()).toEqual([]);
    log.flush();
    expect(kept()).toEqual([DROPPED]);
  });

  test("of a snapshot that was not finished nothing is left, and all that stood before", () => {
    log.append(DROPPED);
    const failing = function* (): Generator<LogEntry> {
      yield HORIZON;
      throw new Error("killed here");
    };
    expect(() => log.compact(failing())).toThrow("killed here");
    expect(kept()).toEqual([DROPPED]);
  });

  test("says when it has grown too long, until it begins anew", () => {
    const long = "x".repeat(1024 * 1024);
    for (let number = 0; number < 70 && !log.isLong; number += 1)
      log.append({ kind: "dropped", queue: long });
    expect(log.isLong).toBe(true);
    log.compact([HORIZON]);
    expect(log.isLong).toBe(false);
    expect(kept()).toEqual([HORIZON]);
  });
});
