import { number, type Values } from "../command/options.ts";

export const HELP = `Measures how long a matcher that knows nothing needs until it is ready, on a real DynamoDB engine (dynoxide, in memory).
Every recovery runs in a fresh process; what it gives is compared with the state that it should give.

  npm run recovery -- [options]

  --orders N   live orders on the big book (100000)
  --tail N     entries of the market that has no snapshot (10000)
  --rounds N   how often each time is measured (3): the best and the median are shown
  --help       this text

Exit code: 0 all goals are met and all states equal; 1 not so; 2 it could not begin.`;

const MOST = 1_000_000;

export const OPTIONS = {
  orders: number({ least: 100, most: MOST }, 100_000),
  tail: number({ least: 100, most: MOST }, 10_000),
  rounds: number({ least: 1, most: 100 }, 3),
};

export type Options = Values<typeof OPTIONS>;
