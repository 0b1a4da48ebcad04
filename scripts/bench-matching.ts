/** `npm run bench:matching`: the matching engine beside libraries of npm, on the same streams. */
import { parseArgs } from "node:util";
import { compareTrades } from "./bench-matching/compare.ts";
import { CONTENDERS, type Contender, LIBRARIES } from "./bench-matching/contenders.ts";
import { type Stream, streams } from "./bench-matching/streams.ts";
import { figure, percentile, ratio } from "./command/statistics.ts";
import { machine, print, printError, table } from "./command/terminal.ts";

const HELP = `The matching engine beside nodejs-order-book and orderbook-match-engine: the same seeded streams, the same trades, one run.

  npm run bench:matching -- [--operations N] [--rounds N] [--seed S]

Each stream is played by each contender in turn, N (7) rounds of it, on a book of its own every time; the figure is the median round's,
in million operations a second. Before that every trade of every contender is compared. Ours keeps users' limits, fees, holds and what
can be taken back, and notes what each event does to orders and wallets; the libraries and the plain objects do nothing of that.`;

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "100000" },
    rounds: { type: "string", default: "7" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** Million operations per second. */
function round(contender: Contender<unknown>, stream: Stream): number {
  const [book, operations] = [stream.book, stream.operations].map((part) =>
    part.map((operation) => contender.form(operation)),
  ) as [unknown[], unknown[]];
  const playing = contender.open();
  for (const form of book) playing.play(form);
  // The thread's own time, so that whatever else the machine does counts for nobody.
  const before = process.threadCpuUsage();
  for (const form of operations) playing.play(form);
  const { user, system } = process.threadCpuUsage(before);
  return operations.length / (user + system);
}

function measure(stream: Stream): readonly (string | number)[] {
  const trades = compareTrades(CONTENDERS, stream);
  const rounds = Number(values.rounds);
  const speeds = CONTENDERS.map(() => [] as number[]);
  for (let index = 0; index < rounds; index++) {
    for (const [at, contender] of CONTENDERS.entries()) speeds[at]?.push(round(contender, stream));
    printError(`${stream.name}: round ${index + 1} of ${rounds}`);
  }
  const medians = speeds.map((of) => percentile(of, 0.5));
  const fastest = Math.max(...medians.filter((_, at) => LIBRARIES.includes(CONTENDERS[at]?.name ?? "")));
  return [stream.name, trades, ...medians.map(figure), ratio(medians[0] ?? 0, fastest)];
}

if (values.help) print(HELP);
else {
  const rows = streams({ seed: Number(values.seed), operations: Number(values.operations) }).map(measure);
  print(`Million operations a second, ${machine()}`);
  print(
    table(["stream", "trades", ...CONTENDERS.map(({ name }) => name), "ours / the faster library"], rows),
  );
}
