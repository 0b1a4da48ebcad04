import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LogEntry, openLog, readLog } from "../../../../scripts/local/sqs/change-log.ts";

const DROPPED: LogEntry = { kind: "dropped", queue: "a" };
const HORIZON: LogEntry = { kind: "horizon", createdSeconds: 7 };

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sqs-log-"));
  file = join(directory, "queues.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

async function readAll(): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of readLog(file)) entries.push(entry);
  return entries;
}

describe("the log", () => {
  test("gives back the snapshot and what was appended after it", async () => {
    const log = openLog(file, () => [HORIZON]);
    log.append(DROPPED);
    log.close();
    expect(await readAll()).toEqual([HORIZON, DROPPED]);
  });

  test("holds nothing where there is none", async () => {
    expect(await readAll()).toEqual([]);
  });

  test("an entry is in the file after the flush, not before", () => {
    const log = openLog(file, () => []);
    log.append(DROPPED);
    expect(readFileSync(file, "utf8")).toBe("");
    log.flush();
    expect(readFileSync(file, "utf8")).toContain("dropped");
    log.close();
  });

  test("a torn last line is ignored", async () => {
    openLog(file, () => [HORIZON]).close();
    appendFileSync(file, JSON.stringify(DROPPED).slice(0, -3));
    expect(await readAll()).toEqual([HORIZON]);
  });

  test("a damaged line before others is an error, not a loss", async () => {
    writeFileSync(file, `${JSON.stringify(HORIZON).slice(0, -3)}\n${JSON.stringify(DROPPED)}\n`);
    await expect(readAll()).rejects.toThrow("line 1 is damaged");
  });

  test("starts anew from a snapshot when it has grown too long", async () => {
    const log = openLog(file, () => [HORIZON]);
    const long = "x".repeat(1024 * 1024);
    for (let number = 0; number < 70; number += 1) {
      log.append({ kind: "dropped", queue: long });
      log.flush();
    }
    log.close();
    const entries = await readAll();
    expect(entries[0]).toEqual(HORIZON);
    expect(entries.length).toBeLessThan(10);
  });
});
