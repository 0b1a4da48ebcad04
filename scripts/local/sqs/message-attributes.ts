import { createHash } from "node:crypto";
import * as z from "zod";
import { SqsFault } from "./faults.ts";
import { text } from "./input.ts";
import type { MessageAttributes } from "./message.ts";

const MOST = 10;
const attribute = z.union([
  z.object({ DataType: text.regex(/^(String|Number)(\.|$)/), StringValue: text.min(1) }),
  z.object({ DataType: text.regex(/^Binary(\.|$)/), BinaryValue: text }),
]);

export function readMessageAttributes(given: { readonly [name: string]: unknown }): MessageAttributes {
  const attributes = Object.entries(given).map(([name, value]) => {
    const parsed = attribute.safeParse(value);
    if (parsed.success) return [name, parsed.data];
    const reason = `The message attribute '${name}' must contain a supported type with a value of that type.`;
    throw new SqsFault("InvalidParameterValue", reason);
  });
  if (attributes.length <= MOST) return Object.fromEntries(attributes);
  const reason = `Number of message attributes exceeds the allowed maximum [${MOST}].`;
  throw new SqsFault("InvalidParameterValue", reason);
}

export function bytesOf(attributes: MessageAttributes): number {
  return partsOf(attributes)
    .flatMap(({ name, type, value }) => [name, type, value])
    .reduce((sum, { length }) => sum + length, 0);
}

const STRING = 1;
const BINARY = 2;

/** As the developer guide defines it: sorted by name; each part with its length; the kind of value as one byte. */
export function md5OfAttributes(attributes: MessageAttributes): string {
  const digest = createHash("md5");
  const add = (part: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    digest.update(length).update(part);
  };
  for (const { name, type, isBinary, value } of partsOf(attributes)) {
    add(name);
    add(type);
    digest.update(Buffer.of(isBinary ? BINARY : STRING));
    add(value);
  }
  return digest.digest("hex");
}

function partsOf(attributes: MessageAttributes) {
  return Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { DataType, StringValue, BinaryValue = "" }]) => ({
      name: Buffer.from(name),
      type: Buffer.from(DataType),
      isBinary: StringValue === undefined,
      value: StringValue === undefined ? Buffer.from(BinaryValue, "base64") : Buffer.from(StringValue),
    }));
}

/** By a name, the beginning of a name before `.*`, or all. */
export function chosenAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  const isChosen = (attribute: string): boolean =>
    names.some((name) =>
      name.endsWith(".*") ? attribute.startsWith(name.slice(0, -2)) : name === "All" || name === attribute,
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isChosen(name)));
}
