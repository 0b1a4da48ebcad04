import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { md5OfAttributes } from "../../../../scripts/local/sqs/message-attributes.ts";

/** Length in four bytes, then the text: the encoding as the developer guide tells it, in hexadecimal by hand. */
function md5OfHex(hex: string): string {
  return createHash("md5")
    .update(Buffer.from(hex.replaceAll(" ", ""), "hex"))
    .digest("hex");
}

describe("the digest of message attributes", () => {
  test("is taken over name, type and value, sorted by name, texts and numbers as 1, bytes as 2", () => {
    const digest = md5OfAttributes({
      b: { DataType: "Binary", BinaryValue: Buffer.of(0xff, 0).toString("base64") },
      a: { DataType: "Number", StringValue: "42" },
    });
    const first = "00000001 61 00000006 4e756d626572 01 00000002 3432";
    const second = "00000001 62 00000006 42696e617279 02 00000002 ff00";
    expect(digest).toBe(md5OfHex(first + second));
  });
});
