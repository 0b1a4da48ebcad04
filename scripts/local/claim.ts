import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Held until this process ends; a database that nobody refers to would be closed, and its lock with it. */
const claims: DatabaseSync[] = [];

/**
 * Takes a directory for this process alone: by a lock that the kernel gives to one process, and takes back however that one ends. So of
 * two starts at the same moment one wins, and a stack that was killed leaves nothing that would be in the way of the next.
 * @returns whether it is ours.
 */
export function claim(directory: string): boolean {
  const database = new DatabaseSync(join(directory, "stack.lock"));
  try {
    database.exec("BEGIN EXCLUSIVE");
    claims.push(database);
    return true;
  } catch (cause) {
    database.close();
    const isHeld = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    if (!isHeld) throw cause;
    return false;
  }
}

const SQLITE_BUSY = 5;
