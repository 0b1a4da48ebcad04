import { DatabaseSync } from "node:sqlite";

/** How far a stream has been handed over. Without a file, a new process begins at the stream's first record again. */
export type Checkpoint = ReturnType<typeof openCheckpoint>;

type Shard = { readonly arn: string; readonly shardId: string };

export function openCheckpoint(path = ":memory:") {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec("CREATE TABLE IF NOT EXISTS places (shard TEXT PRIMARY KEY, last TEXT, closed INTEGER)");
  const find = database.prepare("SELECT last, closed FROM places WHERE shard = ?");
  const put = database.prepare("INSERT OR REPLACE INTO places VALUES (?, ?, ?)");
  const keyOf = ({ arn, shardId }: Shard) => `${arn}/${shardId}`;
  return {
    after: (shard: Shard) => find.get(keyOf(shard))?.last?.toString(),
    isClosed: (shard: Shard) => find.get(keyOf(shard))?.closed === 1,
    advance: (shard: Shard, sequenceNumber: string) => void put.run(keyOf(shard), sequenceNumber, 0),
    close: (shard: Shard) => void put.run(keyOf(shard), null, 1),
  };
}
