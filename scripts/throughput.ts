/** `npm run throughput`: what a market takes on AWS, by the exchange's own code in virtual time. */
import { parseArgs } from "node:util";
import { type Consumer, inLanes, MAPPED, RECEIVING } from "./aws-model/consumers.ts";
import { LATENCIES } from "./aws-model/latencies.ts";
import { figure, percentile } from "./command/statistics.ts";
import { heading, print, printError, table } from "./command/terminal.ts";
import { type Figures, run } from "./throughput/run.ts";

const HELP = `How many orders a second a market takes on AWS, how long they take, what they cost, and what is used up first.

  npm run throughput -- [--markets N]... [--seconds N] [--seed S] [--rates R,R,...]

The exchange's own use cases and matchers run in virtual time with AWS's latencies (scripts/aws-model/latencies.ts names each with its
source): every call of API Gateway, DynamoDB and SQS, conflicts of transactions, and the consumer's cycle. For 1 and 10 markets, for each way
in which a consumer can come by its commands, the load rises until it falls behind; then once more at 80 % of what it kept up with.`;

const CONSUMERS: readonly Consumer[] = [MAPPED, RECEIVING, inLanes(2), inLanes(4)];
const RATES = [10, 50, 100, 150, 200, 250, 300, 400, 500, 600, 800];
const SAFE_SHARE = 0.8;

const { values } = parseArgs({
  options: {
    markets: { type: "string", multiple: true, default: ["1", "10"] },
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    rates: { type: "string", default: RATES.join(",") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const TITLES = [
  "consumer",
  "orders/s",
  "done/s",
  "answer p50",
  "p99",
  "outcome p50",
  "p99",
  "batch",
  "consumer busy",
  "group calls",
  "partition",
  "units",
  "$ / million",
  "",
];

const NOTES = `orders/s: commands (one of five is a cancel) per second and market. answer, outcome: from the client's request to the answer, and to the commit, ms. batch: commands a
round. consumer busy, group calls, partition: share of the consumer's time, of the 300 calls a second of a FIFO group, of the 1,000 write units a second of the
journal's partition. units: write units per command, projections not included; \`npm run cost\` measures all. $: these, requests and milliseconds.
What the model leaves out: cold starts, what the processor does, projections, an account's quotas.`;

function rowOf(name: string, rate: number, figures: Figures): readonly (string | number)[] {
  const { answerMs, outcomeMs, isKeptUp } = figures;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const at = (ms: readonly number[], share: number): string =>
    ms.length === 0 ? "-" : percentile(ms, share).toFixed(0);
  return [
    name,
    rate,
    figures.done.toFixed(0),
    at(answerMs, 0.5),
    at(answerMs, 0.99),
    at(outcomeMs, 0.5),
    at(outcomeMs, 0.99),
    figures.batch.toFixed(1),
    percent(figures.consumer),
    percent(figures.group),
    percent(figures.partition),
    figure(figures.writeUnits),
    figure(figures.dollars),
    isKeptUp ? "" : "falls behind",
  ];
}

async function rise(consumer: Consumer, markets: number): Promise<readonly (readonly (string | number)[])[]> {
  const rows: (readonly (string | number)[])[] = [];
  const load = { consumer, markets, seconds: Number(values.seconds), seed: Number(values.seed) };
  let most = 0;
  for (const rate of values.rates.split(",").map(Number)) {
    const figures = await timed(`${consumer.name}, ${markets} markets, ${rate} orders/s`, () =>
      run({ ...load, rate }),
    );
    rows.push(rowOf(consumer.name, rate, figures));
    if (!figures.isKeptUp) break;
    most = rate;
  }
  if (most === 0) return rows;
  const rate = Math.round(SAFE_SHARE * most);
  const safe = await timed(`${consumer.name}, ${markets} markets, ${rate} orders/s`, () =>
    run({ ...load, rate }),
  );
  rows.push([...rowOf(consumer.name, rate, safe).slice(0, -1), `80 % of ${most}`]);
  return rows;
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  printError(`${what}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  return result;
}

if (values.help) print(HELP);
else {
  print("Latencies, ms:");
  print(
    table(
      ["step", "from", "p50", "p99"],
      Object.entries(LATENCIES).map(([step, { from, p50, p99 }]) => [step, from, p50, p99]),
      { left: 2 },
    ),
  );
  for (const markets of values.markets.map(Number)) {
    heading(markets === 1 ? "One market" : `${markets} markets at once`);
    const rows = [];
    for (const consumer of CONSUMERS) rows.push(...(await rise(consumer, markets)));
    print(table(TITLES, rows));
  }
  print(NOTES);
}
