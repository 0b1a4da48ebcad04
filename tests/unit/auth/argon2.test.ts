import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { argon2Notice, createArgon2id } from "../../../lib/adapters/argon2.ts";

const native = createArgon2id();
// A null is no default, and no function either: a build of Node without it.
const withoutNode = createArgon2id(null as never as undefined);

describe("argon2id > a build of Node that lacks it", () => {
  it.each([
    ["correct horse", 19_456, 2, 32],
    ["pässwörd 🐎", 1_024, 3, 16],
    ["x", 64, 1, 64],
  ])("gives the same tag of %s from npm", async (password, memory, passes, tagLength) => {
    const nonce = Buffer.from("0123456789abcdef");
    const input = { message: Buffer.from(password), nonce, parallelism: 1, tagLength, memory, passes };
    expect((await withoutNode(input)).toString("hex")).toBe((await native(input)).toString("hex"));
  });

  it("is told of plainly, and one that has it is not", () => {
    expect(argon2Notice(null as never as undefined)).toContain("no Argon2 in node:crypto");
    expect(argon2Notice()).toBeUndefined();
  });

  it("costs only those functions that hash passwords anything", async () => {
    const carries = async (entry: string): Promise<boolean> => {
      const { metafile } = await build({
        entryPoints: [entry],
        bundle: true,
        format: "esm",
        platform: "node",
        write: false,
        metafile: true,
        logLevel: "silent",
      });
      return Object.keys(metafile.inputs).some((input) => input.includes("hash-wasm"));
    };
    expect(await carries("functions/auth/login.ts")).toBe(true);
    expect(await carries("functions/trading/place-order.ts")).toBe(false);
    expect(await carries("functions/workers/match.ts")).toBe(false);
  });
});
