import { number, text, type Values } from "../command/options.ts";

export const HELP = `Usage: npm run torture -- [options]

Trades on a local stack of its own while its processes are killed with -9, again and again, and answers get lost on
their way to the clients, who repeat their requests with the same idempotency keys. After each kill trading must go
on; every few kills and at the end everything is verified, and compared with what the clients were told.

  --rounds N        kills at most (20, or as many as the minutes allow)
  --minutes N       how long at most
  --seed N          the same seed kills the same parts in the same order (drawn and printed if not given)
  --port N          the stack's port (20000); others follow from it as for npm start
  --traders N       how many trade (9)
  --check-every N   rounds between two checks of everything (5)
  --data-dir DIR    a new directory to keep the exchange in; otherwise one that is removed when nothing was found
  --help            this text

Killed are, in an order drawn from the seed: the whole stack, the matchers, the event sources, the API, the SQS engine
and the DynamoDB engine.

Exit code: 0 nothing was lost; 1 a difference was found (the directory is kept and named); 2 it could not begin;
130 interrupted.`;

const DEFAULT_ROUNDS = 20;
const MOST_ROUNDS = 1_000_000;

export const optionsWith = (drawnSeed: number) => ({
  rounds: number({ least: 1, most: MOST_ROUNDS }),
  minutes: number({ least: 0.1, most: 100_000, isWhole: false }, Number.POSITIVE_INFINITY),
  seed: number({ least: 0, most: 2 ** 32 }, drawnSeed),
  port: number({ least: 1_024, most: 59_000 }, 20_000),
  traders: number({ least: 2, most: 500 }, 9),
  /** Rounds between two checks of everything. */
  checkEvery: number({ least: 1, most: MOST_ROUNDS }, 5),
  /** Not given: a directory of its own, removed when nothing was found. */
  dataDir: text(),
});

type Given = Values<ReturnType<typeof optionsWith>>;
export type Options = Given & { readonly rounds: number };

/** Minutes alone: as many rounds as they allow. */
export function withRounds({ rounds, ...options }: Given): Options {
  const most = options.minutes === Number.POSITIVE_INFINITY ? DEFAULT_ROUNDS : Number.POSITIVE_INFINITY;
  return { ...options, rounds: rounds ?? most };
}
