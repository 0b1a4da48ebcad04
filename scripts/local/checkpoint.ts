import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** How far a stream has been handed over. Without a file, a new process begins at the stream's first record again. */
export type Checkpoint = {
  after(streamArn: string, shardId: string): string | undefined;
  isClosed(streamArn: string, shardId: string): boolean;
  advance(streamArn: string, shardId: string, sequenceNumber: string): void;
  close(streamArn: string, shardId: string): void;
  /** Writes down what is not written yet. */
  flush(): void;
};

type Place = { readonly after?: string; readonly closed?: true };

/** Records since then are handed over again after a crash, which their function has to bear anyway. */
const WRITE_EVERY_MS = 200;

export function openCheckpoint(path: string | undefined): Checkpoint {
  const places = new Map<string, Place>(path === undefined ? [] : readPlaces(path));
  let writtenMs = 0;
  let dirty = false;

  function flush(): void {
    if (path === undefined || !dirty) return;
    const draft = `${path}.draft`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(places)));
    renameSync(draft, path);
    writtenMs = Date.now();
    dirty = false;
  }

  function put(key: string, place: Place): void {
    places.set(key, place);
    dirty = true;
    if (Date.now() - writtenMs >= WRITE_EVERY_MS) flush();
  }

  return {
    after: (streamArn, shardId) => places.get(`${streamArn}/${shardId}`)?.after,
    isClosed: (streamArn, shardId) => places.get(`${streamArn}/${shardId}`)?.closed === true,
    advance: (streamArn, shardId, sequenceNumber) =>
      put(`${streamArn}/${shardId}`, { after: sequenceNumber }),
    close: (streamArn, shardId) => put(`${streamArn}/${shardId}`, { closed: true }),
    flush,
  };
}

function readPlaces(path: string): [string, Place][] {
  if (!existsSync(path)) return [];
  try {
    return Object.entries(JSON.parse(readFileSync(path, "utf8")) as { [key: string]: Place });
  } catch {
    // A file that cannot be read costs a repetition, no more.
    return [];
  }
}
