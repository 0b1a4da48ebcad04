import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Passwords } from "../auth/ports.ts";
import { createArgon2id } from "./argon2.ts";

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{11,})$/;

type Hash = {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
};
type Recipe = Omit<Hash, "tag"> & { readonly tagBytes: number };

const derive = createArgon2id();

/** Argon2id. Hashes are PHC strings, so that each says how it was made. */
export const passwords: Passwords = {
  hash: async (password) => {
    const recipe = present();
    const { memory, passes, lanes, salt } = recipe;
    return print({ memory, passes, lanes, salt, tag: await tagOf(password, recipe) });
  },
  check: async (password, hash) => {
    if (hash === undefined) {
      await tagOf(password, present());
      return { matches: false, outdated: false };
    }
    const stored = read(hash);
    const tag = await tagOf(password, { ...stored, tagBytes: stored.tag.length });
    return { matches: timingSafeEqual(tag, stored.tag), outdated: isOutdated(stored) };
  },
};

function present(): Recipe {
  return {
    memory: MEMORY_KIB,
    passes: PASSES,
    lanes: LANES,
    salt: randomBytes(SALT_BYTES),
    tagBytes: TAG_BYTES,
  };
}

/** One character can be written in several ways; the same password must match from every keyboard. */
function tagOf(password: string, { memory, passes, lanes, salt, tagBytes }: Recipe): Promise<Buffer> {
  const message = Buffer.from(password.normalize("NFKC"), "utf8");
  return derive({ message, nonce: salt, parallelism: lanes, tagLength: tagBytes, memory, passes });
}

function isOutdated({ memory, passes, lanes, tag }: Hash): boolean {
  return memory !== MEMORY_KIB || passes !== PASSES || lanes !== LANES || tag.length !== TAG_BYTES;
}

function print({ memory, passes, lanes, salt, tag }: Hash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function read(hash: string): Hash {
  const [, memory, passes, lanes, salt = "", tag = ""] = PHC.exec(hash) ?? [];
  if (memory === undefined) throw new Error("a stored password hash is not an Argon2id PHC string");
  return {
    memory: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}
