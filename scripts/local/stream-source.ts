import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import type { Checkpoint } from "./checkpoint.ts";
import type { JsonObject } from "./configuration.ts";
import { FunctionFailed, type Invoke } from "./invoke.ts";
import { backOff, pause } from "./pause.ts";
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

export type StreamSourcePorts = {
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly invoke: Invoke;
  readonly checkpoint: Checkpoint;
  /** Told of records that were given up, as the failure destination of an event source mapping is. */
  readonly giveUp: (records: readonly StreamRecord[]) => Promise<void>;
  readonly region: string;
  readonly stop: AbortSignal;
  readonly report: (event: string, cause: unknown) => void;
};

const BUSY_PAUSE_MS = 15;
const QUIET_PAUSE_MS = 50;
const QUIET_AFTER_MS = 2_000;

/** Hands a table's stream to its function, shard after shard and in order, until told to stop. */
export async function runStreamSource(source: StreamSource, ports: StreamSourcePorts): Promise<void> {
  for (let failures = 0; !ports.stop.aborted; ) {
    try {
      const arn = await streamArn(source.tableName, ports.dynamodb);
      await followShards(source, arn, ports);
      failures = 0;
    } catch (cause) {
      if (ports.stop.aborted) return;
      ports.report("stream_not_reached", cause);
      await backOff(++failures, ports.stop);
    }
  }
}

async function streamArn(TableName: string, dynamodb: DynamoDBClient): Promise<string> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  if (Table?.LatestStreamArn === undefined) throw new Error(`${TableName} has no stream`);
  return Table.LatestStreamArn;
}

/** Shards follow one another; a closed one ends with an iterator that leads nowhere, and is not read again. */
async function followShards(source: StreamSource, arn: string, ports: StreamSourcePorts): Promise<void> {
  const { streams, checkpoint, stop } = ports;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }));
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    if (ShardId === undefined || checkpoint.isClosed(arn, ShardId)) continue;
    await followShard(source, arn, ShardId, ports);
    if (!stop.aborted) checkpoint.close(arn, ShardId);
  }
  await pause(QUIET_PAUSE_MS, stop);
}

async function followShard(
  source: StreamSource,
  arn: string,
  shardId: string,
  ports: StreamSourcePorts,
): Promise<void> {
  const { streams, checkpoint, stop } = ports;
  let iterator = await iteratorAt(arn, shardId, checkpoint.after(arn, shardId), streams);
  let lastRecordMs = Date.now();
  while (iterator !== undefined && !stop.aborted) {
    const page = await streams.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: source.batchSize }),
    );
    const records = page.Records ?? [];
    if (records.length > 0) {
      const wanted = records.filter((record) => matches(record, source.filters));
      if (wanted.length > 0 && !(await handOver(source, arn, wanted, ports))) return;
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) checkpoint.advance(arn, shardId, last);
      lastRecordMs = Date.now();
    } else await pause(Date.now() - lastRecordMs > QUIET_AFTER_MS ? QUIET_PAUSE_MS : BUSY_PAUSE_MS, stop);
    iterator = page.NextShardIterator;
  }
}

async function iteratorAt(
  StreamArn: string,
  ShardId: string,
  after: string | undefined,
  streams: DynamoDBStreamsClient,
): Promise<string | undefined> {
  const begin: GetShardIteratorCommandInput = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" };
  if (after !== undefined) {
    try {
      const input = {
        StreamArn,
        ShardId,
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const,
        SequenceNumber: after,
      };
      return (await streams.send(new GetShardIteratorCommand(input))).ShardIterator;
    } catch (cause) {
      // A stack that rested for a day finds its place trimmed away.
      if (!(cause instanceof Error) || cause.name !== "TrimmedDataAccessException") throw cause;
    }
  }
  return (await streams.send(new GetShardIteratorCommand(begin))).ShardIterator;
}

/** Tries until the function succeeds, halves what it fails on, and gives up in the end. False if the stack stops first. */
async function handOver(
  source: StreamSource,
  arn: string,
  records: readonly StreamRecord[],
  ports: StreamSourcePorts,
): Promise<boolean> {
  const { invoke, region, stop, report, giveUp } = ports;
  const event = { Records: records.map((record) => eventRecord(record, arn, region)) };
  for (let failures = 0, unreached = 0; ; ) {
    if (stop.aborted) return false;
    try {
      await invoke(source.functionName, event);
      return true;
    } catch (cause) {
      report("function_failed", cause);
      if (!(cause instanceof FunctionFailed)) {
        // The functions' process is being started again; that is no fault of the records.
        await backOff(++unreached, stop);
        continue;
      }
      failures++;
    }
    if (source.bisect && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      await backOff(failures, stop);
      return (
        (await handOver(source, arn, records.slice(0, half), ports)) &&
        (await handOver(source, arn, records.slice(half), ports))
      );
    }
    if (failures > source.retries) {
      await giveUp(records);
      return true;
    }
    await backOff(failures, stop);
  }
}

function eventRecord(record: StreamRecord, arn: string, region: string): object {
  const { ApproximateCreationDateTime: created, ...change } = record.dynamodb ?? {};
  return {
    ...record,
    awsRegion: region,
    dynamodb: {
      ...change,
      ...(created === undefined ? {} : { ApproximateCreationDateTime: created.getTime() / 1000 }),
    },
    eventSourceARN: arn,
  };
}
