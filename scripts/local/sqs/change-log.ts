import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
} from "node:fs";
import { createInterface } from "node:readline";
import type { QueueChange } from "./message.ts";
import type { QueueAttributes } from "./queue-attributes.ts";

/** One line of the log. */
export type LogEntry =
  | {
      readonly kind: "created";
      readonly queue: string;
      readonly createdSeconds: number;
      readonly attributes: QueueAttributes;
    }
  | { readonly kind: "configured"; readonly queue: string; readonly attributes: QueueAttributes }
  | { readonly kind: "dropped"; readonly queue: string }
  /** No queue created from now on may have this creation time or an earlier one. */
  | { readonly kind: "horizon"; readonly createdSeconds: number }
  | { readonly kind: "changed"; readonly queue: string; readonly change: QueueChange };

export type ChangeLog = {
  /** Written with the next flush. */
  append(entry: LogEntry): void;
  /** After it, a kill of this process loses nothing that was appended. It throws where the disk refuses. */
  flush(): void;
  close(): void;
};

/** For a server that keeps its state in memory alone. */
export const NO_LOG: ChangeLog = { append: () => {}, flush: () => {}, close: () => {} };

/** A shorter log is not worth the rewriting. */
const COMPACTION_BYTES = 64 * 1024 * 1024;
const SNAPSHOT_PIECE_BYTES = 1024 * 1024;

export async function* readLog(file: string): AsyncGenerator<LogEntry> {
  if (!existsSync(file)) return;
  let tornLine: number | undefined;
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number += 1;
    if (tornLine !== undefined) throw new Error(`${file}, line ${tornLine} is damaged`);
    const entry = parseEntry(line);
    // A crash tears the last line alone, and nobody was told that it had been written.
    if (entry === undefined) tornLine = number;
    else yield entry;
  }
}

/** Starts a log anew with what `snapshot` gives, and again whenever it has grown too long. */
export function openLog(file: string, snapshot: () => Iterable<LogEntry>): ChangeLog {
  let { descriptor, bytes } = writeSnapshot(file, snapshot());
  let limit = Math.max(COMPACTION_BYTES, 4 * bytes);
  let pending = "";

  return {
    append(entry) {
      pending += `${JSON.stringify(entry)}\n`;
    },
    flush() {
      if (pending === "") return;
      const data = Buffer.from(pending);
      pending = "";
      appendFileSync(descriptor, data);
      bytes += data.length;
      if (bytes < limit) return;
      closeSync(descriptor);
      ({ descriptor, bytes } = writeSnapshot(file, snapshot()));
      limit = Math.max(COMPACTION_BYTES, 4 * bytes);
    },
    close() {
      this.flush();
      closeSync(descriptor);
    },
  };
}

/** Under another name first, so that a crash leaves either the old log or the new one. */
function writeSnapshot(file: string, entries: Iterable<LogEntry>): { descriptor: number; bytes: number } {
  const descriptor = openSync(`${file}.new`, "w");
  let bytes = 0;
  let piece = "";
  const write = (): void => {
    const data = Buffer.from(piece);
    appendFileSync(descriptor, data);
    bytes += data.length;
    piece = "";
  };
  for (const entry of entries) {
    piece += `${JSON.stringify(entry)}\n`;
    if (piece.length > SNAPSHOT_PIECE_BYTES) write();
  }
  write();
  fsyncSync(descriptor);
  renameSync(`${file}.new`, file);
  return { descriptor, bytes };
}

function parseEntry(line: string): LogEntry | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
