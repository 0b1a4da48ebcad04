import { parseArgs } from "node:util";

export const PARTS = ["cost", "hops", "end-to-end", "packages"] as const;
export type Part = (typeof PARTS)[number];

export type Options = {
  readonly parts: readonly Part[];
  readonly seconds: number;
  readonly clients: number;
  readonly port: number;
  readonly json: string | undefined;
};

export const HELP = `Usage: npm run bench -- [options]

Measures this exchange on this machine and prints tables. Machines differ and are noisy, so beside times stand ratios
to something measured in the same run.

  cost         DynamoDB calls and units per order: reserve, match, cancel, projections; the matcher's calls per batch
  hops         the engine's own transaction, the reserve, the commit, the queue's hop
  end-to-end   the whole local stack: orders per second with one market and three, command to outcome
  packages     each function's package size, and its load time beside an empty Middy handler

  --only PART      one part; may be given several times
  --seconds N      how long each run for orders per second takes (15)
  --clients N      traders at once, an even number (18)
  --port N         the stack's port (19500); the engines by themselves take N+10 and N+11
  --json FILE      writes all figures there, too
  --help           this text

Exit code: 0 all was measured; 1 something failed; 2 it could not begin.`;

export class CannotBegin extends Error {
  override readonly name = "CannotBegin";
}

/** Undefined where help was asked for. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const number = (name: "seconds" | "clients" | "port", least: number, most: number): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new CannotBegin(`--${name} ${values[name]} is not a whole number from ${least} to ${most}`);
    }
    return value;
  };
  const parts = values.only ?? PARTS;
  const unknown = parts.find((part) => !isPart(part));
  if (unknown !== undefined) throw new CannotBegin(`--only ${unknown} is none of ${PARTS.join(", ")}`);
  const clients = number("clients", 2, 500);
  if (clients % 2 !== 0) throw new CannotBegin(`--clients ${clients} is odd, but each seller has a buyer`);
  return {
    parts: PARTS.filter((part) => parts.includes(part)),
    seconds: number("seconds", 1, 600),
    clients,
    port: number("port", 1_024, 59_000),
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true },
        seconds: { type: "string", default: "15" },
        clients: { type: "string", default: "18" },
        port: { type: "string", default: "19500" },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    throw new CannotBegin(cause instanceof Error ? cause.message : String(cause));
  }
}

function isPart(text: string): text is Part {
  return (PARTS as readonly string[]).includes(text);
}
