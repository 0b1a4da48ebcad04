/** `npm run contention`: what one busy user's wallet costs everybody, in a model of DynamoDB's conflicts. */
import { parseArgs } from "node:util";
import { percentile } from "./command/statistics.ts";
import { heading, print, printError, table } from "./command/terminal.ts";
import { DESIGNS, type Design } from "./contention/designs.ts";
import { onPaper } from "./contention/paper.ts";
import { type Figures, type Load, run } from "./contention/run.ts";

const HELP = `A market maker quotes on 3 and on 30 markets, others trade with him: what the conflicts on his one wallet cost whom, by design.

  npm run contention -- [--seconds N] [--seed S] [--window SHARE] [--others RATE]

The exchange's own use cases and matchers run in virtual time around a store in which a transaction holds its items for SHARE (0.7) of its
duration. RATE (5) orders per second and market are placed by others.`;

/** Orders per second of the market maker over all markets; each takes the place of one that he cancels. */
const LOADS = [
  { markets: 3, rates: [3, 10, 30, 60] },
  { markets: 30, rates: [10, 30, 60, 120] },
] as const;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    window: { type: "string", default: "0.7" },
    others: { type: "string", default: "5" },
    help: { type: "boolean", short: "h", default: false },
  },
});

async function compare(): Promise<void> {
  for (const { markets, rates } of LOADS) {
    heading(`A market maker on ${markets} markets`);
    const rows: (readonly (string | number)[])[] = [];
    for (const makerRate of rates) {
      const load: Load = {
        markets,
        makerRate,
        othersRate: Number(values.others),
        seconds: Number(values.seconds),
        windowShare: Number(values.window),
        seed: Number(values.seed),
      };
      for (const design of DESIGNS) {
        const startedMs = performance.now();
        rows.push(rowOf(design, load, await run(design, load)));
        const tookS = (performance.now() - startedMs) / 1_000;
        printError(`${markets} markets, ${makerRate} orders/s, ${design.name}: ${tookS.toFixed(1)} s`);
      }
    }
    print(table(TITLES, rows, { left: 2 }));
  }
  print(NOTES);
}

const TITLES = [
  "orders/s",
  "design",
  "on paper",
  "reserve conflicts",
  "commit conflicts",
  "commits retried",
  "accepted/s",
  "429",
  "503",
  "call p50",
  "p99",
  "others p50",
  "p99",
  "others done",
];

const NOTES = `on paper: share of the maker's wallet's time that is taken, 1 - 1 / (1 + rate x time held). conflicts: of the attempts. retried: of the
commits. accepted/s, 429, 503, call: the maker's orders, ms. others: from sending a command to its commit, ms; done: of those sent.`;

function rowOf({ name }: Design, load: Load, figures: Figures): readonly (string | number)[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const at = (ms: readonly number[], share: number): string =>
    ms.length === 0 ? "-" : percentile(ms, share).toFixed(0);
  const { makerCallMs, othersMs } = figures;
  return [
    load.makerRate,
    name,
    percent(onPaper(name, load)),
    percent(figures.reserveConflicts),
    percent(figures.commitConflicts),
    percent(figures.commitsRetried),
    (makerCallMs.length / load.seconds).toFixed(1),
    figures.makerLimited,
    figures.makerUnavailable,
    at(makerCallMs, 0.5),
    at(makerCallMs, 0.99),
    at(othersMs, 0.5),
    at(othersMs, 0.99),
    percent(figures.othersDone),
  ];
}

if (values.help) print(HELP);
else await compare();
