import { type CryptoKey, createLocalJWKSet, importJWK, type JSONWebKeySet, type JWK } from "jose";
import { clock } from "./clock.ts";

/** Ed25519 alone: no token chooses its own algorithm. */
export const ALGORITHM = "EdDSA";

/** Read when it is first wanted, and then kept. A failed read is not kept. */
export type Lazy<T> = () => Promise<T>;

/** The keys that verify; a token names the one that signed it. */
export type VerificationKeys = ReturnType<typeof createLocalJWKSet>;
export type SigningKey = { readonly kid: string; readonly key: CryptoKey };

/**
 * How long an instance signs with a key before it asks whether another one signs now. `npm run rotate-keys` waits as much longer before it
 * drops the old one.
 */
export const SIGNING_KEY_KEPT_MS = 10 * 60 * 1000;

type Environment = { readonly [name: string]: string | undefined };

/** The keys that verify: a JWKS in `JWT_PUBLIC_KEYS`, no secret. There are two while one takes over from the other. */
export function verificationKeys(env: Environment): Lazy<VerificationKeys> {
  return kept(async () => {
    const { keys } = parsed<JSONWebKeySet>(env.JWT_PUBLIC_KEYS, "JWT_PUBLIC_KEYS");
    if (!Array.isArray(keys) || keys.length === 0) throw new Error("there are no keys in JWT_PUBLIC_KEYS");
    // A key set finds out that a key is none only where a token names it, and takes it for a fault of the token.
    for (const jwk of keys) {
      if (jwk.d !== undefined) throw new Error("a key in JWT_PUBLIC_KEYS is private");
      await imported(jwk, "JWT_PUBLIC_KEYS");
    }
    return createLocalJWKSet({ keys });
  });
}

/**
 * The key that signs: the JWK in the SSM parameter that `JWT_PRIVATE_KEY_PARAMETER` names, or in `JWT_PRIVATE_KEY` on a local stack.
 * Few functions sign, so the client of SSM is loaded by those alone.
 */
export function signingKey(env: Environment): Lazy<SigningKey> {
  const parameter = env.JWT_PRIVATE_KEY_PARAMETER;
  if (parameter === undefined) {
    return kept(async () => imported(parsed<JWK>(env.JWT_PRIVATE_KEY, "JWT_PRIVATE_KEY"), "JWT_PRIVATE_KEY"));
  }
  return kept(async () => {
    const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
    const client = new SSMClient({});
    const answer = await client.send(new GetParameterCommand({ Name: parameter, WithDecryption: true }));
    return imported(parsed<JWK>(answer.Parameter?.Value, parameter), parameter);
  }, SIGNING_KEY_KEPT_MS);
}

function parsed<T>(text: string | undefined, source: string): T {
  if (text === undefined || text === "") throw new Error(`there is no key in ${source}`);
  return JSON.parse(text) as T;
}

async function imported(jwk: JWK, source: string): Promise<SigningKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error(`the key in ${source} is symmetric`);
  if (typeof jwk.kid !== "string") throw new Error(`the key in ${source} has no kid`);
  return { kid: jwk.kid, key };
}

/** A value that cannot be read again stays: a key that was good a moment ago is better than none. */
export function kept<T>(read: Lazy<T>, forMs = Number.POSITIVE_INFINITY, now = clock.nowMs): Lazy<T> {
  let value: Promise<T> | undefined;
  let readAtMs = 0;
  return () => {
    if (value !== undefined && now() - readAtMs < forMs) return value;
    const before = value;
    readAtMs = now();
    value = read().catch((cause: unknown) => {
      value = before;
      if (before !== undefined) return before;
      throw cause;
    });
    return value;
  };
}
