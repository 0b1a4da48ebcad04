import { parseArgs } from "node:util";

export type Options = { readonly orders: number; readonly tail: number; readonly rounds: number };

export const HELP = `Measures how long a matcher that knows nothing needs until it is ready, on a real DynamoDB engine (dynoxide, in memory).
Every recovery runs in a fresh process; what it gives is compared with the state that it should give.

  npm run recovery -- [options]

  --orders N   live orders on the big book (100000)
  --tail N     entries of the market that has no snapshot (10000)
  --rounds N   how often each time is measured (3): the best and the median are shown
  --help       this text

Exit code: 0 all goals are met and all states equal; 1 not so; 2 it could not begin.`;

export class CannotBegin extends Error {
  override readonly name = "CannotBegin";
}

/** Undefined where help was asked for. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const number = (name: "orders" | "tail" | "rounds", least: number, most: number): number => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new CannotBegin(`--${name} ${values[name]} is not a whole number from ${least} to ${most}`);
  };
  return {
    orders: number("orders", 100, 1_000_000),
    tail: number("tail", 100, 1_000_000),
    rounds: number("rounds", 1, 100),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        orders: { type: "string", default: "100000" },
        tail: { type: "string", default: "10000" },
        rounds: { type: "string", default: "3" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    throw new CannotBegin(cause instanceof Error ? cause.message : String(cause));
  }
}
