import { number, some, text } from "../command/options.ts";

export const PARTS = ["cost", "hops", "end-to-end", "packages", "hostile"] as const;
export type Part = (typeof PARTS)[number];

export const HELP = `Usage: npm run bench -- [options]

Measures this exchange on this machine and prints tables. Machines differ and are noisy, so beside times stand ratios
to something measured in the same run.

  cost         DynamoDB calls and units per order: reserve, match, cancel, projections; the matcher's calls per batch
  hops         the engine's own transaction, the reserve, the commit, the queue's hop
  end-to-end   the whole local stack: orders per second with one market and three, command to outcome
  packages     each function's package size, and its load time beside an empty Middy handler
  hostile      transactions that a batch costs whose senders mean ill: doubles, cancels of closed orders, voided ones

  --only PART      one part; may be given several times
  --seconds N      how long each run for orders per second takes (15)
  --clients N      traders at once, an even number (18)
  --port N         the stack's port (19500); the engines by themselves take N+10 and N+11
  --json FILE      writes all figures there, too
  --help           this text

Exit code: 0 all was measured; 1 something failed; 2 it could not begin.`;

export const OPTIONS = {
  only: some(PARTS),
  seconds: number({ least: 1, most: 600 }, 15),
  clients: number(
    {
      least: 2,
      most: 500,
      fault: (clients) => (clients % 2 === 0 ? undefined : "is odd, but each seller has a buyer"),
    },
    18,
  ),
  port: number({ least: 1_024, most: 59_000 }, 19_500),
  json: text(),
};
