import { invalidParameter, SqsFault } from "./faults.ts";

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
  if (value === undefined)
    throw new SqsFault("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
}

export function readOptionalString(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidParameter(name, value, "Must be a string.");
  return value;
}

export function readOptionalInteger(
  input: Input,
  name: string,
  range: readonly [number, number],
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  const [lowest, highest] = range;
  if (typeof value !== "number" || !Number.isInteger(value) || value < lowest || value > highest) {
    throw invalidParameter(name, value, `Must be an integer from ${lowest} to ${highest}.`);
  }
  return value;
}

export function readStrings(input: Input, name: string): readonly string[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw invalidParameter(name, value, "Must be a list.");
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw invalidParameter(name, item, "Must be a string.");
    return item;
  });
}

export function readObject(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (!isObject(value)) throw invalidParameter(name, value, "Must be an object.");
  return value;
}

export function readObjects(input: Input, name: string): readonly Input[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw invalidParameter(name, value, "Must be a list.");
  return value.map((item: unknown) => {
    if (!isObject(item)) throw invalidParameter(name, item, "Must be an object.");
    return item;
  });
}

function isObject(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
