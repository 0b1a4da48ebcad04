import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { CannotBegin } from "./told.ts";

type Given = string | boolean | string[] | undefined;

/** How an option is written, and what its text comes to; a wrong one is refused with a word on it. */
export type Option<T> = {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  readonly read: (given: Given, name: string) => T;
};

/** By the name in the program: `checkEvery` is written `--check-every`. */
export type OptionSet = { readonly [name: string]: Option<unknown> };
export type Values<S extends OptionSet> = {
  readonly [name in keyof S]: S[name] extends Option<infer T> ? T : never;
};

export function text(): Option<string | undefined> {
  return { type: "string", read: (given) => given as string | undefined };
}

export function flag(otherwise = false): Option<boolean> {
  return { type: "boolean", read: (given) => (given as boolean | undefined) ?? otherwise };
}

/** Some of these, or all where none is given; in their own order. */
export function some<const T extends string>(known: readonly T[]): Option<readonly T[]> {
  return {
    type: "string",
    multiple: true,
    read: (given, name) => {
      const wanted = (given as string[] | undefined) ?? known;
      const other = wanted.find((each) => !(known as readonly string[]).includes(each));
      if (other !== undefined) throw new CannotBegin(`--${name} ${other} is none of ${known.join(", ")}`);
      return known.filter((each) => wanted.includes(each));
    },
  };
}

type Bounds = {
  readonly least: number;
  readonly most?: number;
  readonly isWhole?: boolean;
  /** What else can be wrong with it. */
  readonly fault?: (value: number) => string | undefined;
};

export function number<D extends number | undefined = undefined>(
  { least, most = Number.MAX_SAFE_INTEGER, isWhole = true, fault = () => undefined }: Bounds,
  otherwise?: D,
): Option<number | D> {
  const kind = `a ${isWhole ? "whole " : ""}number from ${least}`;
  return {
    type: "string",
    read: (given, name) => {
      if (given === undefined) return otherwise as D;
      const value = Number(given);
      const isInRange = given !== "" && value >= least && value <= most;
      if (isInRange && (!isWhole || Number.isSafeInteger(value))) {
        const other = fault(value);
        if (other === undefined) return value;
        throw new CannotBegin(`--${name} ${given} ${other}`);
      }
      const range = most === Number.MAX_SAFE_INTEGER ? kind : `${kind} to ${most}`;
      throw new CannotBegin(`--${name} ${given} is not ${range}`);
    },
  };
}

/** What was asked for, and what stands without a name, where something may; undefined where that was help. */
export function readOptions<const S extends OptionSet>(
  args: readonly string[],
  options: S,
  takesFiles = false,
): { readonly values: Values<S>; readonly files: readonly string[] } | undefined {
  const flags = Object.entries(options).map(([name, option]) => ({ name, flag: kebab(name), option }));
  const described = flags.map(({ flag, option: { type, multiple = false } }) => [flag, { type, multiple }]);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(described),
        help: { type: "boolean", short: "h" },
      } as ParseArgsOptionsConfig,
      allowPositionals: true,
      allowNegative: true,
    });
    if (values.help === true) return undefined;
    if (positionals.length > 0 && !takesFiles) throw new CannotBegin(`"${positionals[0]}" is no option`);
    const read = flags.map(({ name, flag, option }) => [name, option.read(values[flag] as Given, flag)]);
    return { values: Object.fromEntries(read) as Values<S>, files: positionals };
  } catch (cause) {
    if (cause instanceof CannotBegin) throw cause;
    throw new CannotBegin(cause instanceof Error ? cause.message : String(cause));
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
