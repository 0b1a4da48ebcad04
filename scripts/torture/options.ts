import { parseArgs } from "node:util";

export type Options = {
  /** Rounds at most. */
  readonly rounds: number;
  /** Trading time at most, recoveries included. */
  readonly minutes: number;
  readonly seed: number;
  readonly port: number;
  readonly traders: number;
  /** Rounds between two checks of everything. */
  readonly checkEvery: number;
  /** Undefined: a directory of its own, removed when nothing was found. */
  readonly dataDir: string | undefined;
};

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
const HIGHEST_PORT = 59_000;

export class CannotBegin extends Error {
  override readonly name = "CannotBegin";
}

/** Undefined where help was asked for. */
export function readOptions(args: readonly string[], drawnSeed: number): Options | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const number = (
    name: "rounds" | "seed" | "port" | "traders" | "check-every",
    least: number,
    most: number,
  ) => numberFrom(name, values[name], { least, most, isWhole: true });
  const minutes =
    values.minutes === undefined
      ? Number.POSITIVE_INFINITY
      : numberFrom("minutes", values.minutes, { least: 0.1, most: 100_000, isWhole: false });
  const isOpenEnded = values.rounds === undefined && values.minutes !== undefined;
  return {
    rounds: isOpenEnded ? Number.POSITIVE_INFINITY : (number("rounds", 1, 1_000_000) ?? DEFAULT_ROUNDS),
    minutes: minutes ?? Number.POSITIVE_INFINITY,
    seed: number("seed", 0, 2 ** 32) ?? drawnSeed,
    port: number("port", 1_024, HIGHEST_PORT) ?? 20_000,
    traders: number("traders", 2, 500) ?? 9,
    checkEvery: number("check-every", 1, 1_000_000) ?? 5,
    dataDir: values["data-dir"],
  };
}

type Bounds = { readonly least: number; readonly most: number; readonly isWhole: boolean };

function numberFrom(
  name: string,
  text: string | undefined,
  { least, most, isWhole }: Bounds,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== "" && value >= least && value <= most && (!isWhole || Number.isSafeInteger(value)))
    return value;
  throw new CannotBegin(
    `--${name} ${text} is not a ${isWhole ? "whole " : ""}number from ${least} to ${most}`,
  );
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string" },
        minutes: { type: "string" },
        seed: { type: "string" },
        port: { type: "string" },
        traders: { type: "string" },
        "check-every": { type: "string" },
        "data-dir": { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (cause) {
    throw new CannotBegin(cause instanceof Error ? cause.message : String(cause));
  }
}
