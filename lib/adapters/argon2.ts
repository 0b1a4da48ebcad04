// As a whole: a name that this build of Node lacks could not even be imported.
import * as crypto from "node:crypto";
import { promisify } from "node:util";

export type Argon2Input = {
  readonly message: Buffer;
  readonly nonce: Buffer;
  readonly parallelism: number;
  readonly tagLength: number;
  readonly memory: number;
  readonly passes: number;
};

/** Argon2id's tag of a message. */
export type Argon2id = (input: Argon2Input) => Promise<Buffer>;

type Native = typeof crypto.argon2 | undefined;

/**
 * Node's own Argon2, where this build has it, or else the same from npm in WebAssembly, which is loaded only then. It hashes in the thread that
 * everything runs in, so it is a way to go on and not one to stay with.
 */
export function createArgon2id(native: Native = crypto.argon2): Argon2id {
  if (native == null) return inWebAssembly;
  return promisify((input: Argon2Input, done: (error: Error | null, tag: Buffer) => void) =>
    native("argon2id", input, done),
  );
}

/** What a person should know of this runtime at its start; undefined where all is well. */
export function argon2Notice(native: Native = crypto.argon2): string | undefined {
  if (native != null) return undefined;
  return `Node ${process.version} has no Argon2 in node:crypto (24.7 and later have it). Passwords are hashed by hash-wasm instead: the same hashes, but other requests wait for them. Use a newer Node.`;
}

async function inWebAssembly(input: Argon2Input): Promise<Buffer> {
  const { default: wasm } = await import("hash-wasm/dist/argon2.umd.min.js");
  const tag = await wasm.argon2id({
    // It refuses an empty one, which nobody can have set: any other wrong one takes as long.
    password: input.message.length === 0 ? Buffer.alloc(1) : input.message,
    salt: input.nonce,
    parallelism: input.parallelism,
    hashLength: input.tagLength,
    memorySize: input.memory,
    iterations: input.passes,
    outputType: "binary",
  });
  return Buffer.from(tag);
}
