import { type CryptoKey, importJWK, type JWK } from "jose";

/** Ed25519 alone: no token chooses its own algorithm. */
export const ALGORITHM = "EdDSA";

/** A key that is read when it is first wanted, and then kept. A failed read is not kept. */
export type LazyKey = () => Promise<CryptoKey>;

type Environment = { readonly [name: string]: string | undefined };

/** The key that verifies: a JWK in `JWT_PUBLIC_KEY`, no secret. */
export function verificationKey(env: Environment): LazyKey {
  return once(async () => imported(env.JWT_PUBLIC_KEY, "JWT_PUBLIC_KEY"));
}

/**
 * The key that signs: the JWK in the SSM parameter that `JWT_PRIVATE_KEY_PARAMETER` names, or in `JWT_PRIVATE_KEY` on a local stack.
 * Few functions sign, so the client of SSM is loaded by those alone.
 */
export function signingKey(env: Environment): LazyKey {
  return once(async () => {
    const parameter = env.JWT_PRIVATE_KEY_PARAMETER;
    if (parameter === undefined) return imported(env.JWT_PRIVATE_KEY, "JWT_PRIVATE_KEY");
    const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
    const client = new SSMClient({});
    const answer = await client.send(new GetParameterCommand({ Name: parameter, WithDecryption: true }));
    return imported(answer.Parameter?.Value, parameter);
  });
}

async function imported(jwk: string | undefined, source: string): Promise<CryptoKey> {
  if (jwk === undefined || jwk === "") throw new Error(`there is no key in ${source}`);
  const key = await importJWK(JSON.parse(jwk) as JWK, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error(`the key in ${source} is symmetric`);
  return key;
}

function once(read: LazyKey): LazyKey {
  let kept: Promise<CryptoKey> | undefined;
  return () => {
    kept ??= read().catch((cause: unknown) => {
      kept = undefined;
      throw cause;
    });
    return kept;
  };
}
