import type { Item, Value } from "../../lib/store/store.ts";

/**
 * The size that DynamoDB bills, by its documentation: names and texts as UTF-8, numbers two digits a byte and one more, a list or
 * map three bytes and one per member.
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: Value): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "bigint") return numberBytes(value);
  if (typeof value === "boolean") return 1;
  if (value instanceof Uint8Array) return value.length;
  const members = Array.isArray(value)
    ? value.map((member: Value) => 1 + valueBytes(member))
    : Object.entries(value).map(
        ([name, member]) => 1 + Buffer.byteLength(name) + valueBytes(member as Value),
      );
  return members.reduce((sum, bytes) => sum + bytes, 3);
}

/** Zeros at the end are not stored. */
function numberBytes(value: bigint): number {
  const digits = value.toString().replace("-", "").replace(/0+$/, "").length;
  return Math.ceil(digits / 2) + 1 + (value < 0n ? 1 : 0);
}

/** The size of each attribute, name included, the largest first. */
export function attributeBytes(item: Item): readonly (readonly [attribute: string, bytes: number])[] {
  return Object.entries(item)
    .map(([name, value]) => [name, Buffer.byteLength(name) + valueBytes(value)] as const)
    .toSorted(([, a], [, b]) => b - a);
}
