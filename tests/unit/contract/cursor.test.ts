import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { decodeCursor, encodeCursor, wholeList } from "../../../lib/contract/cursor.ts";
import { pageView } from "../../../lib/contract/page-view.ts";
import { cursor } from "../../../lib/contract/shapes.ts";

describe("cursors", () => {
  it("give back the text that they were made of", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{1,256}$/), (text) => decodeCursor(encodeCursor(text)) === text),
    );
  });

  it.each([
    "",
    "%",
    "YQ==",
    "YR",
    Buffer.from("a b").toString("base64url"),
    encodeCursor("x".repeat(257)),
    encodeCursor("é"),
  ])("%j is none of ours", (text) => {
    expect(decodeCursor(text)).toBeUndefined();
    expect(z.strictObject({ cursor }).safeParse({ cursor: text }).success).toBe(false);
  });

  it("a page's next text is its cursor, and the last page has none", () => {
    const page = pageView({ items: [1, 2], next: "ORDER#1" }, (n) => n * 2);
    expect(page).toEqual({ items: [2, 4], nextCursor: encodeCursor("ORDER#1") });
    expect(pageView({ items: [] }, (n) => n)).toEqual({ items: [], nextCursor: null });
    expect(wholeList([1])).toEqual({ items: [1], nextCursor: null });
  });
});
