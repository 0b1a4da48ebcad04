import { DatabaseSync } from "node:sqlite";
import type { QueueChange } from "./message.ts";
import type { QueueAttributes } from "./queue-attributes.ts";

/** One step of the registry's state. */
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

/** A shorter log is not worth the rewriting. */
const COMPACTION_CHARACTERS = 64 * 1024 * 1024;

/** The steps since a snapshot, in a database whose commits a kill of this process cannot tear. */
export class ChangeLog {
  readonly #database: DatabaseSync;
  readonly #insert;
  #isOpen = false;
  #length = 0;
  #limit = COMPACTION_CHARACTERS;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    this.#database.exec("CREATE TABLE IF NOT EXISTS log (step INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
    this.#insert = this.#database.prepare("INSERT INTO log (entry) VALUES (?)");
  }

  *entries(): Generator<LogEntry> {
    for (const { entry } of this.#database.prepare("SELECT entry FROM log ORDER BY step").iterate())
      yield JSON.parse(String(entry));
  }

  /** Kept from the next flush on. */
  append(entry: LogEntry): void {
    if (!this.#isOpen) this.#database.exec("BEGIN");
    this.#isOpen = true;
    const text = JSON.stringify(entry);
    this.#insert.run(text);
    this.#length += text.length;
  }

  /** After it, a kill of this process loses nothing that was appended. It throws where the disk refuses. */
  flush(): void {
    if (this.#isOpen) this.#database.exec("COMMIT");
    this.#isOpen = false;
  }

  get isLong(): boolean {
    return this.#length > this.#limit;
  }

  /** Begins anew with what is the sum of all that was appended. */
  compact(snapshot: Iterable<LogEntry>): void {
    this.flush();
    this.#database.exec("BEGIN; DELETE FROM log");
    this.#isOpen = true;
    this.#length = 0;
    for (const entry of snapshot) this.append(entry);
    this.flush();
    this.#limit = Math.max(COMPACTION_CHARACTERS, 4 * this.#length);
  }

  close(): void {
    this.flush();
    this.#database.close();
  }
}
