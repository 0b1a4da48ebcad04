import * as z from "zod";
import { invalidParameter, SqsFault } from "./faults.ts";

/** A JSON object of a request. */
export type Input = { readonly [name: string]: unknown };

export const text = z.string("Must be a string.");
export const texts = z.array(z.string("Must be a string."), "Must be a list.").default([]);
export const input = z.record(z.string(), z.unknown(), "Must be an object.");

export function integer(lowest: number, highest: number): z.ZodInt {
  const reason = `Must be an integer from ${lowest} to ${highest}.`;
  return z.int(reason).min(lowest, reason).max(highest, reason);
}

/** Null is the same as nothing. */
export function parseInput(body: Buffer): Input {
  try {
    const value = input.safeParse(JSON.parse(body.toString("utf8"), (_, member) => member ?? undefined));
    if (value.success) return value.data;
  } catch {
    // Refused below, like all that is not an object.
  }
  throw new SqsFault("Serialization", "The request is not a JSON object.");
}

/** What the schema makes of a request, or of one entry of a batch; refused is the first parameter that it does not take. */
export function read<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path = [], message = "" } = parsed.error.issues[0] ?? {};
  const value = path.reduce<unknown>((part, name) => (part as { [name: PropertyKey]: unknown })[name], given);
  const name = path.map(String).join(".");
  throw value === undefined ? missingParameter(name) : invalidParameter(name, value, message);
}

export function missingParameter(name: string): SqsFault {
  return new SqsFault("MissingParameter", `The request must contain the parameter ${name}.`);
}
