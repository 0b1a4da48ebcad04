/** One algorithm alone, which the package does not describe: its whole would be ten times as much. */
declare module "hash-wasm/dist/argon2.umd.min.js" {
  const wasm: { readonly argon2id: typeof import("hash-wasm").argon2id };
  export = wasm;
}
