import { createHash, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured } from "./settings.ts";

/** The pair that signs and verifies access tokens, as JWK texts. */
export type SigningKeys = { readonly publicKey: string; readonly privateKey: string };

/** A new Ed25519 pair, or the one that DATA_DIR keeps, so that tokens survive a restart. */
export function signingKeys(dataDir: string | undefined): SigningKeys {
  if (dataDir === undefined) return newKeys();
  const path = join(dataDir, "keys.json");
  if (existsSync(path)) return readKeys(path);
  const keys = newKeys();
  writeFileSync(path, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}

function readKeys(path: string): SigningKeys {
  try {
    const { publicKey, privateKey } = JSON.parse(readFileSync(path, "utf8"));
    JSON.parse(publicKey);
    JSON.parse(privateKey);
    return { publicKey, privateKey };
  } catch {
    throw new Misconfigured(
      `${path} does not hold signing keys; delete it to have new ones made (everybody must then log in again).`,
    );
  }
}

/** The JWKS of public keys, as functions are given it. */
export function keySetOf(publicKeys: readonly string[]): string {
  return JSON.stringify({ keys: publicKeys.map((key) => JSON.parse(key)) });
}

export function newKeys(): SigningKeys {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const open = publicKey.export({ format: "jwk" });
  const marks = { alg: "EdDSA", use: "sig", kid: thumbprint(open) };
  return {
    publicKey: JSON.stringify({ ...open, ...marks }),
    privateKey: JSON.stringify({ ...privateKey.export({ format: "jwk" }), ...marks }),
  };
}

/** RFC 7638: the SHA-256 of the required members in the order of their names. */
function thumbprint({ crv, kty, x }: JsonWebKey): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}
