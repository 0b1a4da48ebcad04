import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { createSqsCommandQueue } from "../../lib/adapters/sqs-command-queue.ts";
import type { Command } from "../../lib/matching/command.ts";
import { commandMessage } from "../../lib/matching/wire/message.ts";
import type { Store, Write } from "../../lib/store/store.ts";
import { ratio, type Timing, timed, timingCells, timingOf } from "../command/statistics.ts";
import type { Dynoxide, Sqs } from "../local/engines.ts";
import { InProcessExchange } from "./in-process.ts";
import { placeFillingBatch, placing } from "./order-flow.ts";
import type { Measured, Show } from "./report.ts";

const WARM_UP = 10;
const ROUNDS = 100;
const HOPS = 200;
const USERS = 20;
const MARKET = "BTC-USDT";

type Transaction = { readonly items: number; readonly ms: number };

export type Hops = Awaited<ReturnType<typeof measureCommits>> & { readonly queueHop: Timing };

/** The times of the single hops, each beside what the engine itself needs for as much. */
export async function measureHops(
  { tables, queues }: { readonly tables: Dynoxide; readonly queues: Sqs },
  show: Show,
): Promise<Measured & { readonly figures: Hops }> {
  const commits = await measureCommits(tables, show);
  const figures: Hops = { ...commits, queueHop: await measureQueueHop(queues, show) };
  return { tables: [tableOf(figures)], figures };
}

/** Rounds of both kinds alternate, so that a slow moment of the machine meets both. */
async function measureCommits({ endpoint, tablePrefix }: Dynoxide, show: Show) {
  const store = createDynamoStore({ tablePrefix, endpoint });
  const seen: Transaction[] = [];
  const exchange = new InProcessExchange(observed(store, seen), { market: "ETH-USDT" });
  const users = await exchange.openAccounts(USERS);
  const ms = {
    reserve: [] as number[],
    engineOfReserve: [] as number[],
    /** Planning and committing a batch of ten, and of it the transaction. */
    batch: [] as number[],
    commit: [] as number[],
    engineOfCommit: [] as number[],
    engineRead: [] as number[],
  };
  let commitItems = 0;
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    show("committing", round + WARM_UP, ROUNDS + WARM_UP, "batches");
    seen.length = 0;
    await placeFillingBatch(round + WARM_UP, placing(exchange), users);
    const reserves = seen.splice(0);
    ms.batch.push(await timed(() => exchange.matchBatch()));
    const [commit] = seen.splice(0);
    if (commit === undefined) throw new Error("a batch was taken without a transaction");
    commitItems = commit.items;
    ms.commit.push(commit.ms);
    ms.reserve.push(...reserves.map((reserve) => reserve.ms));
    ms.engineOfCommit.push(await timed(() => transactAsMany(commit.items, round, store)));
    ms.engineOfReserve.push(await timed(() => transactAsMany(reserves[0]?.items ?? 0, round, store)));
    ms.engineRead.push(await timed(() => store.get({ table: "requests", key: keyOf(round, 0) })));
    if (round < 0) for (const times of Object.values(ms)) times.length = 0;
  }
  const timings = Object.entries(ms).map(([name, times]) => [name, timingOf(times)]);
  return { ...(Object.fromEntries(timings) as { [name in keyof typeof ms]: Timing }), commitItems };
}

function observed(store: Store, seen: Transaction[]): Store {
  return {
    ...store,
    transact: async (writes) => {
      const startedAt = performance.now();
      const outcome = await store.transact(writes);
      seen.push({ items: writes.length, ms: performance.now() - startedAt });
      return outcome;
    },
  };
}

/** The least that a transaction of so many items can be: small new items, no conditions, no indexes. */
async function transactAsMany(items: number, round: number, store: Store): Promise<void> {
  const writes = Array.from(
    { length: items },
    (_, index): Write => ({
      kind: "put",
      table: "requests",
      item: { ...keyOf(round, index), n: BigInt(index) },
    }),
  );
  const outcome = await store.transact(writes);
  if (!outcome.ok) throw new Error("the engine refused a transaction without conditions");
}

function keyOf(round: number, index: number): { readonly pk: string; readonly sk: string } {
  return { pk: `BENCH#${round}`, sk: String(index) };
}

/** From the call that sends a command to its arrival with a consumer that waits for it, one at a time. */
async function measureQueueHop({ endpoint, queuePrefix }: Sqs, show: Show): Promise<Timing> {
  const baseUrl = `${endpoint}/000000000000`;
  const queue = createSqsCommandQueue({ queuePrefix, baseUrl, endpoint });
  const sqs = new SQSClient({ endpoint });
  const QueueUrl = `${baseUrl}/${queuePrefix}-${MARKET}.fifo`;
  const ms: number[] = [];
  try {
    for (let hop = -WARM_UP; hop < HOPS; hop++) {
      show("queueing", hop + WARM_UP, HOPS + WARM_UP, "commands");
      const receive = sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }),
      );
      // The consumer waits before the command is sent, as the event source mapping does.
      await new Promise((resolve) => setTimeout(resolve, 3));
      const command: Command = { kind: "cancel_all", id: `hop-${hop}`, userId: "bench", reason: "user" };
      const arrival = receive.then((answer) => ({ answer, at: performance.now() }));
      const sentAt = performance.now();
      await queue.send(MARKET, commandMessage(command, command.id));
      const { answer, at } = await arrival;
      const [message] = answer.Messages ?? [];
      if (message === undefined) throw new Error("the queue delivered nothing");
      if (hop >= 0) ms.push(at - sentAt);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
  } finally {
    sqs.destroy();
  }
  return timingOf(ms);
}

function tableOf(hops: Hops): Measured["tables"][number] {
  const { commitItems } = hops;
  const row = (text: string, timing: Timing, base?: Timing) => [
    ...timingCells(text, timing),
    ...(["p50", "p99"] as const).map((share) =>
      base === undefined ? "" : ratio(timing[share], base[share]),
    ),
  ];
  return {
    title: "Hops (ms; ratios are to the engine's own transaction of as many items, in the same run)",
    columns: ["hop", "times", "p50", "p99", "p50 ratio", "p99 ratio"],
    rows: [
      row("engine: read of one item", hops.engineRead),
      row("engine: transaction of 2 items", hops.engineOfReserve),
      row("reserve: its transaction, 2 items", hops.reserve, hops.engineOfReserve),
      row(`engine: transaction of ${commitItems} items`, hops.engineOfCommit),
      row(`commit of a batch of 10: its transaction, ${commitItems} items`, hops.commit, hops.engineOfCommit),
      row("the whole batch: plan, seal, commit, apply", hops.batch, hops.engineOfCommit),
      row("queue: from send to a waiting receiver", hops.queueHop),
    ],
    notes: [
      "The engine's own transactions put small new items, without conditions and indexes: the least that so many items can be.",
    ],
  };
}
