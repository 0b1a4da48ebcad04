import { createHash, hash } from "node:crypto";
import type { MessageAttributes } from "./message.ts";

export function md5OfBody(body: string): string {
  return hash("md5", body);
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
  for (const [name, attribute] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    const binary = attribute.DataType.startsWith("Binary");
    digest.update(Buffer.of(binary ? BINARY : STRING));
    add(
      binary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? ""),
    );
  }
  return digest.digest("hex");
}
