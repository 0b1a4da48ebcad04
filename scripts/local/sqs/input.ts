import { invalidParameter, missingParameter, SqsFault } from "./faults.ts";

/** A JSON object of a request; every reader refuses what has the wrong type. */
export type Input = { readonly [name: string]: unknown };

export function parseInput(body: Buffer): Input {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (isObject(value)) return value;
  } catch {
    // Refused below, like all that is not an object.
  }
  throw new SqsFault("Serialization", "The request is not a JSON object.");
}

export function readString(input: Input, name: string): string {
  const value = readOptionalString(input, name);
  if (value === undefined) throw missingParameter(name);
  return value;
}

export function readOptionalString(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || isString(value)) return value;
  throw invalidParameter(name, value, "Must be a string.");
}

type Range = readonly [lowest: number, highest: number];

export function readOptionalInteger(input: Input, name: string, range: Range): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  const [lowest, highest] = range;
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest)
    return value;
  throw invalidParameter(name, value, `Must be an integer from ${lowest} to ${highest}.`);
}

export function readStrings(input: Input, name: string): readonly string[] {
  return readList(input, name, isString, "a string");
}

export function readObjects(input: Input, name: string): readonly Input[] {
  return readList(input, name, isObject, "an object");
}

export function readObject(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (isObject(value)) return value;
  throw invalidParameter(name, value, "Must be an object.");
}

function readList<T>(
  input: Input,
  name: string,
  isOne: (item: unknown) => item is T,
  kind: string,
): readonly T[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw invalidParameter(name, value, "Must be a list.");
  const other: unknown = value.find((item) => !isOne(item));
  if (value.every(isOne)) return value;
  throw invalidParameter(name, other, `Must be ${kind}.`);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isObject(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
