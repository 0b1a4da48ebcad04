import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import type { Checkpoint } from "./checkpoint.ts";
import type { JsonObject } from "./configuration.ts";
import { FunctionFailed, invokeWhenReached, type SourcePorts } from "./invoke.ts";
import { backOff, forever, pause } from "./pause.ts";
import { matches } from "./stream-filter.ts";

export type StreamSource = {
  readonly tableName: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly retries: number;
  readonly bisect: boolean;
  /** A record goes to the function if it matches one of these, or if there are none. */
  readonly filters: readonly JsonObject[];
};

export type StreamSourcePorts = SourcePorts & {
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly checkpoint: Checkpoint;
  /** Told of records that were given up, as the failure destination of an event source mapping is. */
  readonly giveUp: (records: readonly StreamRecord[]) => Promise<void>;
};

type Shard = { readonly arn: string; readonly shardId: string };

const BUSY_PAUSE_MS = 15;
const QUIET_PAUSE_MS = 50;
const QUIET_AFTER_MS = 2_000;

/** Hands a table's stream to its function, shard after shard and in order, until told to stop. */
export async function runStreamSource(source: StreamSource, ports: StreamSourcePorts): Promise<void> {
  const { stop, report } = ports;
  const onFailure = (cause: unknown) => report("stream_not_reached", cause);
  await forever(() => followShards(source, ports), { stop, onFailure });
}

/** Shards follow one another; a closed one ends with an iterator that leads nowhere, and is not read again. */
async function followShards(source: StreamSource, ports: StreamSourcePorts): Promise<void> {
  const { dynamodb, streams, checkpoint, stop } = ports;
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: source.tableName }));
  const arn = Table?.LatestStreamArn;
  if (arn === undefined) throw new Error(`${source.tableName} has no stream`);
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }));
  for (const { ShardId: shardId = "" } of StreamDescription?.Shards ?? []) {
    const shard = { arn, shardId };
    if (checkpoint.isClosed(shard)) continue;
    await followShard(source, shard, ports);
    if (!stop.aborted) checkpoint.close(shard);
  }
  await pause(QUIET_PAUSE_MS, stop);
}

async function followShard(source: StreamSource, shard: Shard, ports: StreamSourcePorts): Promise<void> {
  const { streams, checkpoint, stop } = ports;
  let ShardIterator = await iteratorAt(shard, ports);
  let lastRecordMs = Date.now();
  while (ShardIterator !== undefined && !stop.aborted) {
    const page = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: source.batchSize }));
    const { Records = [], NextShardIterator } = page;
    if (Records.length > 0) {
      const wanted = Records.filter((record) => matches(record, source.filters));
      if (wanted.length > 0 && !(await handOver(source, shard.arn, wanted, ports))) return;
      const last = Records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) checkpoint.advance(shard, last);
      lastRecordMs = Date.now();
    } else await pause(Date.now() - lastRecordMs > QUIET_AFTER_MS ? QUIET_PAUSE_MS : BUSY_PAUSE_MS, stop);
    ShardIterator = NextShardIterator;
  }
}

async function iteratorAt(
  shard: Shard,
  { streams, checkpoint }: StreamSourcePorts,
): Promise<string | undefined> {
  const where = { StreamArn: shard.arn, ShardId: shard.shardId };
  const begin = new GetShardIteratorCommand({ ...where, ShardIteratorType: "TRIM_HORIZON" });
  const SequenceNumber = checkpoint.after(shard);
  const after = { ...where, ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber } as const;
  const place = SequenceNumber === undefined ? begin : new GetShardIteratorCommand(after);
  const found = await streams.send(place).catch((cause: unknown) => {
    // A stack that rested for a day finds its place trimmed away.
    if (!(cause instanceof Error) || cause.name !== "TrimmedDataAccessException") throw cause;
    return streams.send(begin);
  });
  return found.ShardIterator;
}

/** Tries until the function succeeds, halves what it fails on, and gives up in the end. False if the stack stops first. */
async function handOver(
  source: StreamSource,
  arn: string,
  records: readonly StreamRecord[],
  ports: StreamSourcePorts,
): Promise<boolean> {
  const { functionName, bisect, retries } = source;
  const { region, stop, report, giveUp } = ports;
  const event = { Records: records.map((record) => eventRecord(record, arn, region)) };
  for (let failures = 1; !stop.aborted; failures++) {
    try {
      await invokeWhenReached({ functionName, event, forMs: Infinity }, ports);
      return true;
    } catch (cause) {
      if (!(cause instanceof FunctionFailed)) return false;
      report("function_failed", cause);
    }
    if (bisect && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      await backOff(failures, stop);
      return (
        (await handOver(source, arn, records.slice(0, half), ports)) &&
        (await handOver(source, arn, records.slice(half), ports))
      );
    }
    if (failures > retries) {
      await giveUp(records);
      return true;
    }
    await backOff(failures, stop);
  }
  return false;
}

function eventRecord(record: StreamRecord, arn: string, region: string): object {
  const { ApproximateCreationDateTime: created, ...change } = record.dynamodb ?? {};
  const time = created === undefined ? {} : { ApproximateCreationDateTime: created.getTime() / 1000 };
  return { ...record, awsRegion: region, dynamodb: { ...change, ...time }, eventSourceARN: arn };
}
